// For each line of a file: the bytes of the IPv6 and of the IPv4 address that it is, or "none".
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static void show(int family, const char *text, int size)
{
	unsigned char bytes[16];

	if (inet_pton(family, text, bytes) != 1) {
		printf("none");
		return;
	}
	for (int i = 0; i < size; i++)
		printf("%02x", bytes[i]);
}

int main(int argc, char **argv)
{
	FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
	char line[256];

	while (file && fgets(line, sizeof line, file)) {
		line[strcspn(line, "\n")] = 0;
		show(AF_INET6, line, 16);
		printf(" ");
		show(AF_INET, line, 4);
		printf("\n");
	}
	return 0;
}
