/* A stand-in for libcuda.so.1 that has no device: FAKE_CUDA_INIT is what cuInit answers (a CUresult;
 * -1: it dies, -2: it never returns), FAKE_CUDA_VERSION the CUDA version that it serves.
 *
 * Enough of it for the real CUDA runtime to say, by the real torch, what it says on a broken machine.
 */
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>
static int number(const char *name, int otherwise) { const char *s = getenv(name); return s ? atoi(s) : otherwise; }
int cuInit(unsigned int flags) { (void)flags;
  int how = number("FAKE_CUDA_INIT", 100);
  if (how == -1) raise(SIGSEGV);
  if (how == -2) for (;;) pause();
  return how; }
int cuDriverGetVersion(int *v) { *v = number("FAKE_CUDA_VERSION", 13000); return 0; }
int cuDeviceGetCount(int *n) { *n = 0; return 0; }
int cuGetErrorString(int e, const char **s) { *s = e ? "error" : "no error"; return 0; }
int cuGetErrorName(int e, const char **s) { *s = e ? "CUDA_ERROR" : "CUDA_SUCCESS"; return 0; }
int cuGetExportTable(const void **t, const void *id) { (void)id; *t = 0; return 500; }
static int unsupported(void) { return 801; }
int cuGetProcAddress_v2(const char *name, void **f, int version, unsigned long long flags, int *status);
int cuGetProcAddress(const char *name, void **f, int version, unsigned long long flags) { return cuGetProcAddress_v2(name, f, version, flags, 0); }
int cuGetProcAddress_v2(const char *name, void **f, int version, unsigned long long flags, int *status) {
  (void)version; (void)flags;
  if (status) *status = 0;
  if (!strcmp(name, "cuInit")) *f = (void *)cuInit;
  else if (!strcmp(name, "cuDriverGetVersion")) *f = (void *)cuDriverGetVersion;
  else if (!strcmp(name, "cuDeviceGetCount")) *f = (void *)cuDeviceGetCount;
  else if (!strcmp(name, "cuGetErrorString")) *f = (void *)cuGetErrorString;
  else if (!strcmp(name, "cuGetErrorName")) *f = (void *)cuGetErrorName;
  else if (!strcmp(name, "cuGetExportTable")) *f = (void *)cuGetExportTable;
  else if (!strcmp(name, "cuGetProcAddress") || !strcmp(name, "cuGetProcAddress_v2")) *f = (void *)cuGetProcAddress_v2;
  else *f = (void *)unsupported;
  return 0; }
