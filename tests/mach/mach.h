/* What MemoryUse.swift uses of Mach, declared as the headers of Xcode 16.2 have it. */
#include <stdint.h>

typedef unsigned int natural_t;
typedef int integer_t;
typedef int kern_return_t;
typedef natural_t mach_port_t, task_flavor_t, mach_msg_type_number_t;
typedef integer_t *task_info_t;

#define KERN_SUCCESS 0
#define TASK_VM_INFO 22

typedef struct task_vm_info {
  uint64_t phys_footprint;
  int64_t ledger_phys_footprint_peak;
} task_vm_info_data_t;

extern mach_port_t mach_task_self_;

kern_return_t task_info(mach_port_t target_task, task_flavor_t flavor, task_info_t task_info_out,
                        mach_msg_type_number_t *task_info_outCnt);
