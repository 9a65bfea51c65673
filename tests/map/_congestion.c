// Sends a megabyte to itself with the congestion control of the first argument. Prints which one was used.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof(address);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (void *)&address, size) || listen(listener, 1)) return 1;
  if (getsockname(listener, (void *)&address, &size)) return 2;

  int sender = socket(AF_INET, SOCK_STREAM, 0);
  if (setsockopt(sender, IPPROTO_TCP, TCP_CONGESTION, argv[1], strlen(argv[1]))) return 3;
  if (connect(sender, (void *)&address, size)) return 4;
  int receiver = accept(listener, 0, 0);

  char data[4096] = {};
  for (int i = 0; i < 256; i++) {
    if (write(sender, data, sizeof(data)) != sizeof(data)) return 5;
    for (size_t rest = sizeof(data); rest > 0;) {
      ssize_t count = read(receiver, data, rest);
      if (count <= 0) return 6;
      rest -= count;
    }
  }
  char name[16] = {};
  socklen_t length = sizeof(name);
  if (getsockopt(sender, IPPROTO_TCP, TCP_CONGESTION, name, &length)) return 7;
  puts(name);
}
