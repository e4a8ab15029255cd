struct s {int a; long b;}; struct both {int x; struct s *p;}; struct s v1; struct both b1; extern struct both b2; int g(void); int main(void){return v1.a+b2.x+g();}
