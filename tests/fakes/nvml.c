/* A stand-in for libnvidia-ml.so.1: what it does is chosen by FAKE_NVML.
 *
 * healthy: two GPUs; mismatch, not-loaded: nvmlInit fails; hang, crash: it never returns, or dies;
 * lost: the second GPU fell off the bus. Struct layouts are those of nvml.h.
 * FAKE_NVML_PIDS: processes that compute on each GPU, as `12,345`; FAKE_NVML_BUSY: utilisation in percent;
 * FAKE_NVML_WATTS: the power limit, of 700 by default; FAKE_NVML_MEMORY_MHZ: the memory clock, of 2619 at most.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>

typedef struct { int index; } device;
static device devices[2] = {{0}, {1}};

typedef struct {
    char busIdLegacy[16];
    unsigned int domain, bus, device, pciDeviceId, pciSubSystemId;
    char busId[32];
} pci_info;
typedef struct { unsigned long long total, free, used; } memory_info;

static const char *mode(void) {
    const char *m = getenv("FAKE_NVML");
    return m ? m : "healthy";
}
int nvmlInitWithFlags(unsigned int flags) {
    (void)flags;
    if (!strcmp(mode(), "mismatch")) return 18;
    if (!strcmp(mode(), "not-loaded")) return 9;
    if (!strcmp(mode(), "crash")) raise(SIGSEGV);
    if (!strcmp(mode(), "hang")) for (;;) pause();
    return 0;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) {
    switch (code) {
    case 3: return "Not Supported";
    case 9: return "Driver Not Loaded";
    case 15: return "GPU is lost";
    case 18: return "Driver/library version mismatch";
    default: return "Unknown Error";
    }
}
int nvmlSystemGetDriverVersion(char *text, unsigned int n) { strncpy(text, "580.95.05", n); return 0; }
int nvmlSystemGetCudaDriverVersion_v2(int *v) { *v = 13000; return 0; }
int nvmlDeviceGetCount_v2(unsigned int *n) { *n = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int i, device **d) {
    if (i == 1 && !strcmp(mode(), "lost")) return 15;
    *d = &devices[i];
    return 0;
}
int nvmlDeviceGetName(device *d, char *text, unsigned int n) {
    strncpy(text, d->index ? "NVIDIA GeForce GTX 1080 Ti" : "NVIDIA H100 80GB HBM3", n);
    return 0;
}
int nvmlDeviceGetUUID(device *d, char *text, unsigned int n) {
    strncpy(text, d->index ? "GPU-22222222-0000-0000-0000-000000000000" : "GPU-11111111-0000-0000-0000-000000000000", n);
    return 0;
}
int nvmlDeviceGetCudaComputeCapability(device *d, int *major, int *minor) {
    *major = d->index ? 6 : 9;
    *minor = d->index ? 1 : 0;
    return 0;
}
int nvmlDeviceGetPciInfo_v3(device *d, pci_info *p) {
    memset(p, 0, sizeof *p);
    p->bus = d->index ? 2 : 1;
    p->pciDeviceId = d->index ? 0x1b0610de : 0x233010de;
    strcpy(p->busId, d->index ? "00000000:02:00.0" : "00000000:01:00.0");
    return 0;
}
int nvmlDeviceGetMemoryInfo(device *d, memory_info *m) {
    m->total = d->index ? 11ull << 30 : 80ull << 30;
    m->used = 1ull << 30;
    m->free = m->total - m->used;
    return 0;
}
int nvmlDeviceGetMigMode(device *d, unsigned int *current, unsigned int *pending) {
    if (d->index) return 3;
    *current = *pending = !strcmp(mode(), "mig");
    return 0;
}
int nvmlDeviceGetMaxMigDeviceCount(device *d, unsigned int *n) { (void)d; *n = 7; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(device *d, unsigned int i, device **out) {
    if (i > 1) return 6;
    *out = d;
    return 0;
}
int nvmlDeviceGetComputeMode(device *d, int *m) { *m = d->index ? 3 : 0; return 0; }

int nvmlDeviceGetHandleByUUID(const char *uuid, device **d) {
    if (strncmp(uuid, "GPU-1111", 8) && strncmp(uuid, "GPU-2222", 8)) return 6;
    *d = &devices[uuid[4] == '2'];
    return 0;
}
int nvmlDeviceGetHandleByPciBusId_v2(const char *place, device **d) {
    (void)place;
    *d = &devices[0];
    return 0;
}
typedef struct { unsigned int pid; unsigned long long used; unsigned int gpu_instance, compute_instance; } process;
int nvmlDeviceGetComputeRunningProcesses_v3(device *d, unsigned int *n, process *found) {
    (void)d;
    const char *text = getenv("FAKE_NVML_PIDS");
    unsigned int count = 0;
    if (text && !strcmp(text, "refused")) return 4;
    while (text && *text) {
        unsigned int pid = (unsigned int)strtoul(text, (char **)&text, 10);
        if (*text == ',') text++;
        if (count < *n) {
            memset(&found[count], 0, sizeof(process));
            found[count].pid = pid;
        }
        count++;
    }
    if (count > *n) {
        *n = count;
        return 7;
    }
    *n = count;
    return 0;
}
static unsigned int number(const char *name, unsigned int otherwise) {
    const char *text = getenv(name);
    return text ? (unsigned int)atoi(text) : otherwise;
}
typedef struct { unsigned int gpu, memory; } utilization;
int nvmlDeviceGetUtilizationRates(device *d, utilization *u) {
    (void)d;
    u->gpu = number("FAKE_NVML_BUSY", 0);
    u->memory = 0;
    return 0;
}
int nvmlDeviceGetEnforcedPowerLimit(device *d, unsigned int *milliwatts) {
    (void)d;
    *milliwatts = 1000 * number("FAKE_NVML_WATTS", 700);
    return 0;
}
int nvmlDeviceGetPowerManagementDefaultLimit(device *d, unsigned int *milliwatts) {
    (void)d;
    *milliwatts = 700000;
    return 0;
}
int nvmlDeviceGetClockInfo(device *d, int kind, unsigned int *mhz) {
    (void)d;
    if (kind != 2) return 3;
    *mhz = number("FAKE_NVML_MEMORY_MHZ", 2619);
    return 0;
}
int nvmlDeviceGetMaxClockInfo(device *d, int kind, unsigned int *mhz) {
    (void)d;
    if (kind != 2) return 3;
    *mhz = 2619;
    return 0;
}
