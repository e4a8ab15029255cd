/* Variables that who loads a program sets to what the kernel is configured with. */
#define SECTION(name) __attribute__((section(name), used))
#define CONFIGURED __attribute__((section(".kconfig"), weak))

extern int LINUX_KERNEL_VERSION __attribute__((section(".kconfig")));
extern _Bool CONFIG_BPF CONFIGURED;
extern unsigned long long CONFIG_HZ CONFIGURED;
extern char CONFIG_LOCALVERSION[12] CONFIGURED;
extern char CONFIG_DEFAULT_HOSTNAME[5] CONFIGURED;
extern unsigned short CONFIG_NR_CPUS CONFIGURED;
extern char CONFIG_BPF_SYSCALL CONFIGURED;

SECTION("socket") int program(void *context)
{
	return LINUX_KERNEL_VERSION + CONFIG_BPF + CONFIG_HZ + CONFIG_LOCALVERSION[1] +
	       CONFIG_DEFAULT_HOSTNAME[1] + CONFIG_NR_CPUS + CONFIG_BPF_SYSCALL;
}

char license_text[] SECTION("license") = "GPL";
