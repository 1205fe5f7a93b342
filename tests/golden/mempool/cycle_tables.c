/* SPDX-License-Identifier: Apache-2.0
 * The figures of merit of MemPool's timing, measured by the machine itself: distances, bandwidths,
 * contention, synchronisation, DMA. cycle_tables.csv says what must come out.
 *
 * Results leave through writes of control registers that harts do not have (transcript.py). */
#include "firmware/mempool/runtime.h"
#include "firmware/mempool/synchronization.h"
#include "models/dma/dma_regs.h"

#define TILES (NUM_CORES / NUM_CORES_PER_TILE)
#define TILE_BYTES 64 /* of a row: 16 banks */
#define GROUP_BYTES (NUM_TILES_PER_GROUP * TILE_BYTES)
#define UART 0xC0000000u

/* Pass counts of STEADY(); their difference is what is reported. */
#define FEW_PASSES 16
#define MANY_PASSES 48

static volatile uint32_t l1[4096] __attribute__((aligned(4096), section(".l1_prio")));
static volatile uint32_t start_cycle __attribute__((section(".l1")));
static volatile uint32_t flag __attribute__((section(".l1")));
static volatile uint32_t l2[4096] __attribute__((aligned(4096), section(".l2")));

static inline uint32_t mcycle(void) {
  uint32_t value;
  __asm__ volatile("csrr %0, mcycle" : "=r"(value) : : "memory");
  return value;
}

static inline void fence(void) { __asm__ volatile("fence" : : : "memory"); }

static void section(uint32_t tag) { __asm__ volatile("csrw 0x7ef, %0" : : "r"(tag)); }

static void report(uint32_t line, uint32_t start, uint32_t end) {
  __asm__ volatile(
      "csrw 0x7f0, %0\n csrw 0x7f1, %1\n csrw 0x7f2, zero\n csrw 0x7f3, %2\n csrw 0x7f4, %3"
      :
      : "r"(line), "r"(end - start), "r"(start), "r"(end));
}

#define TIMES4(x) x "\n" x "\n" x "\n" x "\n"
#define TIMES8(x) TIMES4(x) TIMES4(x)
#define CLOBBERED "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory"

/* `passes` of BODY with s2 = ADDRESS and t1 = VALUE, not before cycle `begin`: from before the
 * first pass to a fence behind the last. */
#define LOOP_CYCLES(start, end, begin, passes, ADDRESS, VALUE, BODY)                          \
  __asm__ volatile(                                                                           \
      "mv s2, %2\n mv t1, %3\n mv t0, %4\n .balign 32\n"                                      \
      "1: csrr t2, mcycle\n bltu t2, %5, 1b\n csrr %0, mcycle\n .balign 32\n"                 \
      "1: " BODY "\n addi t0, t0, -1\n bnez t0, 1b\n fence\n csrr %1, mcycle\n"               \
      : "=&r"(start), "=&r"(end)                                                              \
      : "r"(ADDRESS), "r"(VALUE), "r"(passes), "r"(begin)                                     \
      : CLOBBERED, "s2")

/* One hart: cycles of 32 passes of BODY in a loop whose code is in the L0 cache: those of 48 less
 * those of 16, each measured when the caches are warm. */
#define STEADY(NAME, ADDRESS, VALUE, BODY)                                                    \
  do {                                                                                        \
    uint32_t cycles[2];                                                                       \
    _Pragma("GCC unroll 1") for (volatile int round = 0; round < 4; round++) {                \
      int is_long = round & 1;                                                                \
      uint32_t start, end;                                                                    \
      LOOP_CYCLES(start, end, 0, is_long ? MANY_PASSES : FEW_PASSES, ADDRESS, VALUE, BODY);      \
      cycles[is_long] = end - start;                                                          \
    }                                                                                         \
    report(__LINE__, cycles[0], cycles[1]);                                                   \
  } while (0)

/* Returns a cycle not far ahead, the same to all harts. */
__attribute__((noinline)) static uint32_t common_start(uint32_t hart) {
  mempool_barrier(NUM_CORES);
  if (hart == 0) {
    start_cycle = mcycle() + 600 + 2 * NUM_CORES;
    fence();
  }
  mempool_barrier(NUM_CORES);
  return start_cycle;
}

static void wait_until(uint32_t cycle) {
  __asm__ volatile(".balign 32\n 1: csrr t0, mcycle\n bltu t0, %0, 1b" : : "r"(cycle) : "t0");
}

/* Harts for which ACTIVE holds each make 20 passes of BODY at the same time; the second round
 * counts. The others stay away from memory meanwhile: the next barrier is in one of its banks. */
#define AWAY_CYCLES 2500
#define TOGETHER(NAME, ACTIVE, ADDRESS, BODY)                                                 \
  do {                                                                                        \
    uint32_t start = 0, end = 0;                                                              \
    int is_active = (ACTIVE);                                                                 \
    _Pragma("GCC unroll 1") for (volatile int round = 0; round < 2; round++) {                \
      uint32_t begin = common_start(hart);                                                    \
      if (is_active) {                                                                        \
        LOOP_CYCLES(start, end, begin, 20, (uint32_t)(ADDRESS), 0, BODY);                     \
      } else {                                                                                \
        wait_until(begin + AWAY_CYCLES);                                                      \
      }                                                                                       \
    }                                                                                         \
    if (is_active) {                                                                          \
      report(__LINE__, start, end);                                                           \
    }                                                                                         \
  } while (0)

#define LOADS TIMES8("lw x0, 0(s2)")
#define STORES TIMES8("sw x0, 0(s2)")
#define MULS4 "mul t2, t1, t1\n mul t3, t1, t1\n mul t4, t1, t1\n mul t5, t1, t1"
#define AMOS TIMES8("amoadd.w x0, x0, (s2)")

__attribute__((noinline)) static void core(void) {
  uint32_t any = (uint32_t)l1;
  STEADY("alu8", any, 0, TIMES8("addi t1, t1, 1"));
  STEADY("taken_branch8", any, 0, TIMES8("beqz x0, 2f\n 2:"));
  STEADY("mul_dependent8", any, 3, TIMES8("mul t1, t1, t1"));
  STEADY("mul_independent8", any, 3, MULS4 "\n" MULS4);
  STEADY("div_1000_by_7_and_use", any, 1000, "li t2, 7\n div t3, t1, t2\n add t3, t3, t3");
  STEADY("div_by_larger_and_use", any, 0, "li t2, 5\n div t3, t1, t2\n add t3, t3, t3");
}

__attribute__((noinline)) static void l1_from_one_hart(uint32_t address) {
  *(volatile uint32_t *)address = address;
  STEADY("load_dependent8", address, address, TIMES8("lw t1, 0(t1)"));
  STEADY("load_independent8", address, 0, LOADS);
  STEADY("load_use4", address, 0, TIMES4("lw t1, 0(s2)\n add t2, t1, t1"));
  STEADY("store8", address, 0, STORES);
  STEADY("load_fence4", address, 0, TIMES4("lw t1, 0(s2)\n fence"));
  STEADY("amo_dependent8", address, 0, TIMES8("amoadd.w t1, t1, (s2)"));
  STEADY("amo_independent8", address, 0, AMOS);
  STEADY("lr_sc_pair4", address, 0, TIMES4("lr.w t1, (s2)\n sc.w t2, t1, (s2)"));
  STEADY("lr_sc_pair_use4", address, 0,
         TIMES4("lr.w t1, (s2)\n sc.w t2, t1, (s2)\n add t3, t2, t2"));
}

__attribute__((noinline)) static void soc_from_one_hart(void) {
  uint32_t address = (uint32_t)l2;
  l2[0] = address;
  STEADY("l2_load_dependent4", address, address, TIMES4("lw t1, 0(t1)"));
  STEADY("l2_load8", address, 0, LOADS);
  STEADY("l2_store8", address, 0, STORES);
  STEADY("l2_store_fence4", address, 0, TIMES4("sw x0, 0(s2)\n fence"));
  STEADY("l2_store_load_use4", address, 0,
         TIMES4("sw x0, 0(s2)\n lw t1, 0(s2)\n add t2, t1, t1"));
  STEADY("control_load_use4", CONTROL_BASE + CONTROL_MEMPOOL_NR_CORES, 0,
         TIMES4("lw t1, 0(s2)\n add t2, t1, t1"));
  STEADY("control_load8", CONTROL_BASE + CONTROL_MEMPOOL_NR_CORES, 0, LOADS);
  STEADY("control_store_fence4", CONTROL_BASE, 0, TIMES4("sw x0, 0(s2)\n fence"));
  STEADY("control_store8", CONTROL_BASE, 0, STORES);
  STEADY("uart_store_fence4", UART, 0, TIMES4("sb x0, 0(s2)\n fence"));
  STEADY("wake_self_and_sleep", CONTROL_BASE + CONTROL_MEMPOOL_WAKE_UP, 0, "sw x0, 0(s2)\n wfi");
}

__attribute__((noinline)) static void contention(uint32_t hart) {
  uint32_t tile = hart / NUM_CORES_PER_TILE, lane = hart % NUM_CORES_PER_TILE;
  uint32_t bank = (uint32_t)l1, next_tile = bank + (tile + 1) % TILES * TILE_BYTES;
  TOGETHER("one_bank_1_local", hart < 1, bank, LOADS);
  TOGETHER("one_bank_2_local", hart < 2, bank, LOADS);
  TOGETHER("one_bank_3_local", hart < 3, bank, LOADS);
  TOGETHER("one_bank_4_local", hart < 4, bank, LOADS);
  TOGETHER("one_bank_4_local_stores", hart < 4, bank, STORES);
  TOGETHER("one_bank_4_local_amos", hart < 4, bank, AMOS);
  TOGETHER("own_banks_all", 1, bank + tile * TILE_BYTES + lane * 16, LOADS);
  TOGETHER("own_banks_all_amos", 1, bank + tile * TILE_BYTES + lane * 16, AMOS);
  TOGETHER("next_tile_4_of_one_tile", tile == 0, next_tile + lane * 16, LOADS);
  TOGETHER("next_tile_all", 1, next_tile + lane * 16, LOADS);
  TOGETHER("four_groups_4_of_one_tile", tile == 0, bank + lane * GROUP_BYTES, LOADS);
#if NUM_CORES == 16
  TOGETHER("one_bank_4_one_per_tile", lane == 0, bank, LOADS);
  TOGETHER("one_bank_16", 1, bank, LOADS);
  TOGETHER("one_bank_16_amos", 1, bank, AMOS);
#endif
}

__attribute__((noinline)) static void l2_contention(uint32_t hart) {
  uint32_t own = (uint32_t)l2 + hart * 64;
  uint32_t first_of_group = hart % (NUM_CORES / 4) == 0;
  TOGETHER("l2_loads_4_of_one_tile", hart < 4, own, LOADS);
  TOGETHER("l2_loads_1_per_group", first_of_group, own, LOADS);
  TOGETHER("l2_stores_4_of_one_tile", hart < 4, own, STORES);
}

__attribute__((noinline)) static void synchronization(uint32_t hart) {
  for (volatile int round = 0; round < 3; round++) {
    wait_until(common_start(hart));
    uint32_t start = mcycle();
    mempool_barrier(NUM_CORES);
    report(__LINE__, start, mcycle()); // NAME "barrier"
  }
  for (volatile int round = 0; round < 3; round++) {
    wait_until(common_start(hart));
    uint32_t start = mcycle();
    mempool_log_barrier(2, hart);
    report(__LINE__, start, mcycle()); // NAME "log_barrier"
  }
  for (volatile int round = 0; round < 3; round++) {
    wait_until(common_start(hart));
    if (hart == 0) {
      mempool_wait(400);
      uint32_t start = mcycle();
      wake_up_all();
      mempool_wfi();
      report(__LINE__, start, mcycle()); // NAME "wake_all_and_self"
    } else {
      mempool_wfi();
    }
  }
  for (volatile int round = 0; round < 3; round++) {
    if (hart == 0) {
      flag = 0;
    }
    wait_until(common_start(hart));
    if (hart == 0) {
      mempool_wait(100);
      flag = mcycle();
    } else if (hart == NUM_CORES - 1) {
      uint32_t sent;
      __asm__ volatile(".balign 32\n 1: lw %0, 0(%1)\n beqz %0, 1b"
                       : "=&r"(sent)
                       : "r"(&flag)
                       : "memory");
      report(__LINE__, sent, mcycle()); // NAME "flag_to_last_hart"
    }
  }
}

static inline volatile uint32_t *dma_register(uint32_t offset) {
  return (volatile uint32_t *)(DMA_BASE + offset);
}

/* From the load that launches a transfer to the end of the loop that asks whether it is done. */
__attribute__((noinline)) static void transfer(uint32_t line, volatile uint32_t *to,
                                               volatile uint32_t *from, uint32_t bytes) {
  uint32_t start = 0;
  for (volatile int round = 0; round < 2; round++) {
    *dma_register(DMA_SRC_ADDR) = (uint32_t)from;
    *dma_register(DMA_DST_ADDR) = (uint32_t)to;
    *dma_register(DMA_NUM_BYTES) = bytes;
    fence();
    start = mcycle();
    (void)*dma_register(DMA_NEXT_ID);
    fence();
    while (*dma_register(DMA_DONE) == 0) {
    }
  }
  report(line, start, mcycle());
}

__attribute__((noinline)) static void dma(void) {
  transfer(__LINE__, l1, l2, 64);    // NAME "dma_to_l1_64"
  transfer(__LINE__, l1, l2, 1024);  // NAME "dma_to_l1_1024"
  transfer(__LINE__, l1, l2, 4096);  // NAME "dma_to_l1_4096"
  transfer(__LINE__, l1, l2, 8192);  // NAME "dma_to_l1_8192"
  transfer(__LINE__, l1, l2, 16384); // NAME "dma_to_l1_16384"
  transfer(__LINE__, l2, l1, 64);    // NAME "dma_to_l2_64"
  transfer(__LINE__, l2, l1, 8192);  // NAME "dma_to_l2_8192"
}

int main(void) {
  uint32_t hart = mempool_get_core_id();
  mempool_barrier_init(hart);
  if (hart == 0) {
    section(1);
    core();
    section(2);
    l1_from_one_hart((uint32_t)l1);
    section(3);
    l1_from_one_hart((uint32_t)l1 + TILE_BYTES);
    section(4);
    l1_from_one_hart((uint32_t)l1 + GROUP_BYTES);
    section(5);
    soc_from_one_hart();
    section(6);
    dma();
  }
  mempool_barrier(NUM_CORES);
  section(7);
  contention(hart);
  section(8);
  l2_contention(hart);
  section(9);
  synchronization(hart);
  mempool_barrier(NUM_CORES);
  return 0;
}
