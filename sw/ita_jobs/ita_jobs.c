/* SPDX-License-Identifier: Apache-2.0
 * Every feature of ITA's job interface, and what it does with wrong programs, on every instance.
 * Expected tiles are computed by hart 0; hart 1 plays the second driver. The wrong programs are
 * reported by the platform as guest errors: that is what they are for. */
#include "firmware/drivers/ita_jobs.h"

#include "firmware/runtime/arena.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/memory.h"
#include "firmware/runtime/platform.h"
#include "sw/common/random.h"
#include "sw/common/verdict.h"
#include "sw/tile/kernels.h"

/* Tiles in the instance's banks. */
enum Tile { kX0, kX1, kW0, kW1, kBias, kOut0, kOut1, kNumTiles };

/* The same constants for all products of a layer, so that one reference serves. */
static const struct Requant kRequant = {.mult = 101, .shift = 15, .add = 3};
static const struct Requant kActivationRequant = {.mult = 74, .shift = 20, .add = -2};
enum { kGeluB = -80, kGeluC = -7091 };

static struct Bench {
  uint32_t registers;
  uint32_t region;
  int8_t* expected;      /* [64][64] */
  int32_t* sums;         /* [64][64] */
  struct ItaLayer layer; /* of the jobs queued next */
} bench;

static uint32_t tile(enum Tile index) {
  return bench.region + index * kTileBytes;
}

static uint32_t four_bytes(int32_t value) {
  return (uint8_t)value * 0x01010101u;
}

static void set_layer(uint32_t layer, uint32_t activation, uint32_t tiles_e) {
  uint32_t mult = four_bytes(kRequant.mult);
  uint32_t shift = four_bytes(kRequant.shift);
  uint32_t add = four_bytes(kRequant.add);
  bench.layer = (struct ItaLayer){
      .engine = layer | activation << ITA_JOB_ACTIVATION_SHIFT,
      .tiles = 1 << ITA_JOB_TILES_S_SHIFT | tiles_e << ITA_JOB_TILES_E_SHIFT |
               1 << ITA_JOB_TILES_P_SHIFT | 1 << ITA_JOB_TILES_F_SHIFT,
      .mult = {mult, mult},
      .shift = {shift, shift},
      .add = {add, add},
      .gelu = (uint16_t)kGeluB | (uint32_t)kGeluC << 16,
      .activation = kActivationRequant.mult | kActivationRequant.shift << 8 |
                    (uint32_t)(uint8_t)kActivationRequant.add << 16,
  };
}

static struct ItaJob make_job(enum Tile input, enum Tile weight, enum Tile output,
                              uint32_t stream) {
  return (struct ItaJob){
      .input = tile(input),
      .weight = tile(weight),
      .next_weight = tile(kW1),
      .bias = tile(kBias),
      .output = tile(output),
      .stream = stream,
  };
}

/* Returns the context, or the error of ACQUIRE. */
static int32_t queue_job(const struct ItaJob* job, int start) {
  int32_t context = ita_jobs_acquire(bench.registers);
  if (context >= 0) {
    ita_jobs_write_layer(bench.registers, &bench.layer);
    ita_jobs_write_job(bench.registers, job);
    fence(); /* the ITA reads what this hart has written */
    ita_jobs_commit(bench.registers, start);
  }
  return context;
}

static void wait_for_jobs(uint32_t finished) {
  while (ita_jobs_finished(bench.registers) != finished) {
  }
}

static void run_job(const struct ItaJob* job) {
  uint32_t before = ita_jobs_finished(bench.registers);
  queue_job(job, 1);
  wait_for_jobs(before + 1);
}

/* The product that the ITA should compute, by this hart. */
static void expect_product(uint32_t input, enum Tile weight, int is_first, int is_last,
                           enum BiasKind bias, int is_unsigned) {
  struct TileProduct product = {
      .input = input,
      .weight = tile(weight),
      .bias = tile(kBias),
      .output = (uint32_t)bench.expected,
      .sums = (uint32_t)bench.sums,
      .requant = kRequant,
      .is_unsigned = (uint8_t)is_unsigned,
      .is_first = (uint8_t)is_first,
      .is_last = (uint8_t)is_last,
      .bias_kind = (uint8_t)bias,
  };
  multiply_tile_part(&product, 0, 1);
}

static int8_t relu(int8_t value) {
  return requantise(value < 0 ? 0 : value, kActivationRequant);
}

static int8_t gelu(int8_t value) {
  int32_t magnitude = value < 0 ? -value : value;
  int32_t limited = (magnitude < -kGeluB ? magnitude : -kGeluB) + kGeluB;
  int32_t polynomial = limited * limited + kGeluC;
  return requantise(value * ((value < 0 ? -polynomial : polynomial) + kGeluC), kActivationRequant);
}

static void expect_activation(int8_t (*activation)(int8_t)) {
  for (uint32_t i = 0; i < kTileBytes; ++i) {
    bench.expected[i] = activation(bench.expected[i]);
  }
}

static uint32_t compare(const char* what, enum Tile output) {
  if (memcmp(bench.expected, (const void*)tile(output), kTileBytes) == 0) {
    return 0;
  }
  printf("ita_jobs: %s: wrong tile\n", what);
  return 1;
}

static uint32_t check(const char* what, uint32_t value, uint32_t expected) {
  if (value == expected) {
    return 0;
  }
  printf("ita_jobs: %s: %08lx, expected %08lx\n", what, value, expected);
  return 1;
}

static uint32_t test_biases(void) {
  set_layer(ITA_JOB_LAYER_LINEAR, ITA_JOB_ACTIVATION_IDENTITY, 1);
  static const struct {
    const char* name;
    uint32_t stream;
    enum BiasKind bias;
  } kCases[] = {{"bias per column", 0, kBiasPerColumn},
                {"bias per row", ITA_JOB_BIAS_PER_ROW, kBiasPerRow},
                {"no bias", ITA_JOB_BIAS_DISABLE, kBiasNone}};
  uint32_t errors = 0;
  for (uint32_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    struct ItaJob job = make_job(kX0, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD | kCases[i].stream);
    expect_product(tile(kX0), kW0, 1, 1, kCases[i].bias, 0);
    run_job(&job);
    errors += compare(kCases[i].name, kOut0);
  }
  return errors;
}

static uint32_t test_activations(void) {
  static const struct {
    const char* name;
    uint32_t activation;
    int8_t (*expected)(int8_t);
  } kCases[] = {{"ReLU", ITA_JOB_ACTIVATION_RELU, relu}, {"GELU", ITA_JOB_ACTIVATION_GELU, gelu}};
  uint32_t errors = 0;
  for (uint32_t i = 0; i < sizeof(kCases) / sizeof(kCases[0]); ++i) {
    set_layer(ITA_JOB_LAYER_LINEAR, kCases[i].activation, 1);
    struct ItaJob job = make_job(kX0, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD);
    expect_product(tile(kX0), kW0, 1, 1, kBiasPerColumn, 0);
    expect_activation(kCases[i].expected);
    run_job(&job);
    errors += compare(kCases[i].name, kOut0);
  }
  return errors;
}

/* Two inner tiles: partial sums stay inside, weights of the second are loaded ahead. */
static uint32_t test_inner_tiles(void) {
  set_layer(ITA_JOB_LAYER_LINEAR, ITA_JOB_ACTIVATION_IDENTITY, 2);
  struct ItaJob first = make_job(
      kX0, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD | ITA_JOB_WEIGHT_NEXTLOAD | ITA_JOB_OUTPUT_DISABLE);
  struct ItaJob second = make_job(kX1, kW1, kOut0, 0);
  expect_product(tile(kX0), kW0, 1, 0, kBiasNone, 0);
  expect_product(tile(kX1), kW1, 0, 1, kBiasPerColumn, 0);
  uint32_t before = ita_jobs_finished(bench.registers);
  queue_job(&first, 0);
  queue_job(&second, 1);
  wait_for_jobs(before + 2);
  return compare("two inner tiles", kOut0);
}

/* QK, streaming softmax, AV. */
static uint32_t test_attention(void) {
  set_layer(ITA_JOB_LAYER_SINGLE_ATTENTION, ITA_JOB_ACTIVATION_IDENTITY, 1);
  struct ItaJob qk = make_job(
      kX0, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD | ITA_JOB_WEIGHT_NEXTLOAD | ITA_JOB_BIAS_DISABLE);
  struct ItaJob av = make_job(kOut0, kW1, kOut1, ITA_JOB_BIAS_DISABLE);
  uint32_t before = ita_jobs_finished(bench.registers);
  queue_job(&qk, 0);
  queue_job(&av, 1);
  wait_for_jobs(before + 2);
  expect_product(tile(kX0), kW0, 1, 1, kBiasNone, 0);
  uint32_t errors = compare("QK", kOut0);
  struct SoftmaxArguments softmax = {
      .data = (uint32_t)bench.expected,
      .rows = kTileSize,
      .columns = kTileSize,
      .stride = kTileSize,
      .block_stride = kTileSize,
      .shift = platform.ita_flavour == PLATFORM_BLOCK_FLAVOUR_RTL ? 0 : 5};
  kernel_softmax((const uint32_t*)&softmax, 0, 1);
  memcpy((void*)tile(kOut0), bench.expected, kTileBytes); /* the product replaces `expected` */
  expect_product(tile(kOut0), kW1, 1, 1, kBiasNone, 1);
  return errors + compare("AV", kOut1);
}

/* F1 with ReLU, then F2; each context has its own activation. */
static uint32_t test_feed_forward(void) {
  struct ItaJob first = make_job(kX0, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD | ITA_JOB_WEIGHT_NEXTLOAD);
  struct ItaJob second = make_job(kOut0, kW1, kOut1, 0);
  uint32_t before = ita_jobs_finished(bench.registers);
  set_layer(ITA_JOB_LAYER_FEEDFORWARD, ITA_JOB_ACTIVATION_RELU, 1);
  queue_job(&first, 0);
  set_layer(ITA_JOB_LAYER_FEEDFORWARD, ITA_JOB_ACTIVATION_IDENTITY, 1);
  queue_job(&second, 1);
  wait_for_jobs(before + 2);
  expect_product(tile(kX0), kW0, 1, 1, kBiasPerColumn, 0);
  expect_activation(relu);
  uint32_t errors = compare("F1", kOut0);
  expect_product(tile(kOut0), kW1, 1, 1, kBiasPerColumn, 0);
  return errors + compare("F2", kOut1);
}

static uint32_t read_job_register(uint32_t offset) {
  return read_register(bench.registers + offset);
}

/* Four contexts; nothing runs before the trigger; jobs run in the order of committing. */
static uint32_t test_queue(void) {
  set_layer(ITA_JOB_LAYER_LINEAR, ITA_JOB_ACTIVATION_IDENTITY, 1);
  ita_jobs_soft_clear(bench.registers);
  uint32_t errors = check("STATUS when idle", read_job_register(ITA_JOB_STATUS), 0);
  for (uint32_t i = 0; i < ITA_JOB_NUM_CONTEXTS; ++i) {
    struct ItaJob job = make_job(i % 2 == 0 ? kX0 : kX1, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD);
    errors += check("ACQUIRE", (uint32_t)queue_job(&job, 0), i);
  }
  errors +=
      check("ACQUIRE when full", (uint32_t)ita_jobs_acquire(bench.registers), ITA_JOB_ACQUIRE_FULL);
  errors += check("STATUS when full", read_job_register(ITA_JOB_STATUS), 0x01010101);
  errors +=
      check("RUNNING_JOB before the trigger", read_job_register(ITA_JOB_RUNNING_JOB), ITA_JOB_NONE);
  errors += check("FINISHED before the trigger", ita_jobs_finished(bench.registers), 0);
  ita_jobs_soft_clear(bench.registers);
  errors += check("STATUS after soft clear", read_job_register(ITA_JOB_STATUS), 0);
  for (uint32_t i = 0; i < ITA_JOB_NUM_CONTEXTS; ++i) {
    struct ItaJob job = make_job(i % 2 == 0 ? kX0 : kX1, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD);
    queue_job(&job, i + 1 == ITA_JOB_NUM_CONTEXTS);
  }
  errors += check("RUNNING_JOB after the trigger", read_job_register(ITA_JOB_RUNNING_JOB), 0);
  wait_for_jobs(ITA_JOB_NUM_CONTEXTS);
  expect_product(tile(kX1), kW0, 1, 1, kBiasPerColumn, 0);
  return errors + compare("the last of four jobs", kOut0);
}

/* The end of a job and the software event wake the chosen hart. If not, the run hangs here. */
static uint32_t test_wake_hart(void) {
  set_layer(ITA_JOB_LAYER_LINEAR, ITA_JOB_ACTIVATION_IDENTITY, 1);
  struct ItaJob job = make_job(kX0, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD);
  ita_jobs_set_wake_hart(bench.registers, hart_id());
  write_register(bench.registers + ITA_JOB_SW_EVT, 0);
  wait_for_wake_up();
  uint32_t before = ita_jobs_finished(bench.registers);
  queue_job(&job, 1);
  wait_for_wake_up();
  uint32_t errors =
      check("FINISHED at the wake-up", ita_jobs_finished(bench.registers), before + 1);
  write_register(bench.registers + ITA_JOB_WAKE_HART, platform.num_harts); /* ignored: no such */
  errors += check("WAKE_HART", read_job_register(ITA_JOB_WAKE_HART), hart_id());
  ita_jobs_set_wake_hart(bench.registers, ITA_JOB_NONE);
  return errors;
}

enum Fault { kForeignOutput, kMisalignedInput, kNoWeights, kLostOutput, kNumFaults };

static struct ItaJob make_faulty_job(enum Fault fault) {
  struct ItaJob job = make_job(kX0, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD);
  switch (fault) {
    case kForeignOutput:
      job.output = bench.region - kTileBytes; /* not this instance's banks */
      break;
    case kMisalignedInput:
      job.input += 2;
      break;
    case kNoWeights:
      job.stream = 0; /* neither preloaded nor loaded ahead */
      break;
    default:
      job.stream |= ITA_JOB_OUTPUT_DISABLE; /* on the last inner tile */
      break;
  }
  return job;
}

/* Jobs that break a rule end, but read and write nothing. */
static uint32_t test_refused_jobs(void) {
  (void)arena_allocate(&l1_arena, arena_free_bytes(&l1_arena)); /* the neighbour's, too */
  volatile uint32_t* neighbour = (volatile uint32_t*)(bench.region - kTileBytes);
  uint32_t before = 0x5A5A5A5A;
  *neighbour = before;
  uint32_t errors = 0;
  set_layer(ITA_JOB_LAYER_LINEAR, ITA_JOB_ACTIVATION_IDENTITY, 1);
  memset(bench.expected, 0x5A, kTileBytes);
  memset((void*)tile(kOut0), 0x5A, kTileBytes);
  for (uint32_t fault = 0; fault < kNumFaults; ++fault) {
    struct ItaJob job = make_faulty_job(fault);
    run_job(&job);
    errors += compare("output of a refused job", kOut0);
  }
  errors += check("memory of the neighbour", *neighbour, before);
  struct ItaJob good = make_job(kX0, kW0, kOut0, ITA_JOB_WEIGHT_PRELOAD);
  run_job(&good);
  expect_product(tile(kX0), kW0, 1, 1, kBiasPerColumn, 0);
  return errors + compare("a good job after refused ones", kOut0);
}

/* While hart 1 has acquired a context, hart 0 cannot program it. All harts call this. */
static void test_lock(uint32_t hart) {
  static const uint32_t kTilesOfHart1 = 0x1213;
  if (hart == 1) {
    ita_jobs_soft_clear(bench.registers);
    count_errors(check("ACQUIRE by hart 1", (uint32_t)ita_jobs_acquire(bench.registers), 0));
    write_register(bench.registers + ITA_JOB_TILES, kTilesOfHart1);
  }
  barrier();
  if (hart == 0) {
    count_errors(check("ACQUIRE of a locked context", (uint32_t)ita_jobs_acquire(bench.registers),
                       ITA_JOB_ACQUIRE_LOCKED));
    write_register(bench.registers + ITA_JOB_TILES, 0); /* ignored */
    fence();
  }
  barrier();
  if (hart == 1) {
    count_errors(check("TILES of hart 1", read_job_register(ITA_JOB_TILES), kTilesOfHart1));
    ita_jobs_soft_clear(bench.registers);
  }
  barrier();
}

static int prepare(uint32_t ita) {
  static uint32_t mark;
  mark = mark == 0 ? arena_mark(&l1_arena) : mark;
  arena_release(&l1_arena, mark);
  bench.registers = ita_jobs_base(ita);
  bench.region = platform.ita_l1_base + ita * platform.ita_l1_bytes;
  bench.expected = arena_allocate(&l1_arena, kTileBytes);
  bench.sums = arena_allocate(&l1_arena, 4 * kTileBytes);
  if (bench.sums == 0) {
    return 0;
  }
  uint32_t* words = (uint32_t*)bench.region;
  for (uint32_t i = 0; i < kNumTiles * kTileBytes / 4; ++i) {
    words[i] = mix(i + (ita << 16));
  }
  for (uint32_t i = 2; i < kTileBiasBytes; i += 3) { /* biases of 18 bits */
    int8_t* high = (int8_t*)tile(kBias) + i;
    *high = (int8_t)(*high >> 6);
  }
  ita_jobs_soft_clear(bench.registers);
  return 1;
}

static void test_instance(uint32_t ita) {
  static uint32_t (*const kTests[])(void) = {test_biases,    test_activations,  test_inner_tiles,
                                             test_attention, test_feed_forward, test_queue,
                                             test_wake_hart, test_refused_jobs};
  uint32_t start = cycle_count();
  for (uint32_t i = 0; i < sizeof(kTests) / sizeof(kTests[0]); ++i) {
    count_errors(kTests[i]());
  }
  printf("ita_jobs: ITA %lu: %lu cycles\n", ita, cycle_count() - start);
}

int main(uint32_t hart) {
  static volatile int is_prepared;
  if (platform.ita_interface != PLATFORM_BLOCK_ITA_JOB) {
    if (hart == 0) {
      printf("skipped: no ITA job interface on this machine\n");
    }
    return kExitPassed;
  }
  for (uint32_t ita = 0; ita < platform.num_itas; ++ita) {
    if (hart == 0) {
      is_prepared = prepare(ita);
    }
    barrier();
    if (!is_prepared) {
      return kExitNoRoom;
    }
    if (hart == 0) {
      test_instance(ita);
    }
    barrier();
    test_lock(hart);
  }
  return hart == 0 ? verdict("ita_jobs") : 0;
}
