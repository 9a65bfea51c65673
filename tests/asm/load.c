/*
 * Loads the program on standard input as a socket filter, and prints its tag and what the verifier said of it.
 * Every reference to a map becomes one to a new array map.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROGRAM_MAX 4096

static struct bpf_insn program[PROGRAM_MAX];
static char log_text[1 << 20];

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int create_map(void)
{
	union bpf_attr attr = { 0 };

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 16;
	attr.max_entries = 1;
	return bpf(BPF_MAP_CREATE, &attr);
}

int main(void)
{
	union bpf_attr attr = { 0 };
	struct bpf_prog_info info = { 0 };
	size_t count = fread(program, sizeof(program[0]), PROGRAM_MAX, stdin);
	int map = create_map();
	int fd;

	for (size_t i = 0; i < count; i++) {
		if (program[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (program[i].src_reg == BPF_PSEUDO_MAP_FD || program[i].src_reg == BPF_PSEUDO_MAP_VALUE)
			program[i].imm = map;
		i++;
	}
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (__u64)(unsigned long)program;
	attr.insn_cnt = count;
	attr.license = (__u64)(unsigned long)"GPL";
	attr.log_level = 2;
	attr.log_buf = (__u64)(unsigned long)log_text;
	attr.log_size = sizeof(log_text);
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd < 0) {
		perror("BPF_PROG_LOAD");
		fputs(log_text, stderr);
		return 1;
	}
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (__u64)(unsigned long)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr)) {
		perror("BPF_OBJ_GET_INFO_BY_FD");
		return 1;
	}
	for (int i = 0; i < BPF_TAG_SIZE; i++)
		printf("%02x", info.tag[i]);
	printf("\n%s", log_text);
	return 0;
}
