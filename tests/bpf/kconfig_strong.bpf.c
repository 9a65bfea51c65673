// An option that no kernel has, and that has to be there.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int CONFIG_WAGGLE_NEEDED __kconfig;

SEC("xdp")
int look(struct xdp_md *ctx) { return CONFIG_WAGGLE_NEEDED; }

char LICENSE[] SEC("license") = "GPL";
