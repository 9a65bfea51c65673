// Concatenates BTF files and deduplicates them with libbpf: libbpf_dedup OUTPUT INPUT...
#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>

static struct btf *read_btf(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	rewind(file);
	void *bytes = malloc(size);
	size_t got = fread(bytes, 1, size, file);
	fclose(file);
	return got == (size_t)size ? btf__new(bytes, size) : NULL;
}

int main(int argc, char **argv)
{
	struct btf *all = btf__new_empty();
	for (int i = 2; i < argc; i++) {
		struct btf *one = read_btf(argv[i]);
		if (!one || btf__add_btf(all, one) < 0)
			return 1;
	}
	if (btf__dedup(all, NULL))
		return 2;
	unsigned int size;
	const void *bytes = btf__raw_data(all, &size);
	FILE *output = fopen(argv[1], "wb");
	return output && fwrite(bytes, 1, size, output) == size && !fclose(output) ? 0 : 3;
}
