// A plugin of qemu's user-mode emulator (API version 1, qemu 4.2 and later): how many guest
// instructions run between prctl(0x454b4d4b, 1) and prctl(0x454b4d4b, 2), one number a line in the
// file named by out=PATH. The counter is not locked: exact with one guest thread.
//
// Debian ships no qemu-plugin.h: what is used of it is declared here.
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
struct block;
enum { ADD = 0, PRCTL = 167 /* on arm64 */, MARK = 0x454b4d4b, BEGIN = 1, END = 2 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct block *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct block *, int operation, void *, uint64_t);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, void (*)(plugin_id, unsigned, int64_t, uint64_t,
                                                              uint64_t, uint64_t, uint64_t, uint64_t,
                                                              uint64_t, uint64_t, uint64_t));
size_t qemu_plugin_tb_n_insns(const struct block *);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;
static uint64_t executed, begun;
static FILE *out;

static void translated(plugin_id id, struct block *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD, &executed, qemu_plugin_tb_n_insns(block));
}

static void called(plugin_id id, unsigned cpu, int64_t number, uint64_t mark, uint64_t which,
                   uint64_t c, uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h) {
  (void)id, (void)cpu, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
  if (number != PRCTL || mark != MARK) return;
  if (which == BEGIN) begun = executed;
  if (which == END) {
    fprintf(out, "%" PRIu64 "\n", executed - begun);
    fflush(out);
  }
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int count, char **arguments) {
  (void)info;
  for (int i = 0; i < count; i++)
    if (!strncmp(arguments[i], "out=", 4)) out = fopen(arguments[i] + 4, "w");
  if (!out) return 1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_vcpu_syscall_cb(id, called);
  return 0;
}
