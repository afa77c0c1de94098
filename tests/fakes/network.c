/* Tells every look-up of a name and every socket that would leave the machine, native code's too.

   Preloaded into a program and all that it starts; writes a line for each into the file NETWORK_LOG.
   Look-ups fail at once: what needs one must say so, whatever the network of the day. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <errno.h>

static void tell(const char *what, const char *name) {
  const char *path = getenv("NETWORK_LOG");
  FILE *log = path ? fopen(path, "a") : NULL;
  if (log) { fprintf(log, "%s %s\n", what, name ? name : ""); fclose(log); }
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
  tell("getaddrinfo", name);
  return EAI_AGAIN;
}
struct hostent *gethostbyname(const char *name) { tell("gethostbyname", name); return NULL; }
struct hostent *gethostbyaddr(const void *a, socklen_t n, int kind) { tell("gethostbyaddr", ""); return NULL; }

static int outward(const struct sockaddr *to) {
  if (to && to->sa_family == AF_INET)
    return (ntohl(((const struct sockaddr_in *)to)->sin_addr.s_addr) >> 24) != 127;
  if (to && to->sa_family == AF_INET6)
    return !IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)to)->sin6_addr);
  return 0;
}
int connect(int fd, const struct sockaddr *to, socklen_t size) {
  if (outward(to)) { tell("connect", ""); errno = ENETUNREACH; return -1; }
  return ((int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect"))(fd, to, size);
}
ssize_t sendto(int fd, const void *data, size_t n, int flags, const struct sockaddr *to, socklen_t size) {
  if (outward(to)) { tell("sendto", ""); errno = ENETUNREACH; return -1; }
  return ((ssize_t (*)(int, const void *, size_t, int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "sendto"))(fd, data, n, flags, to, size);
}
