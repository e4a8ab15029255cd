struct s {char a; short b; float c;}; struct both {int x; struct s *p;}; struct s v2; struct both b2; struct only {int z;} o; int g(void){return v2.a;}
