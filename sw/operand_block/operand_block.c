/* SPDX-License-Identifier: Apache-2.0
 * Attention heads on ITAs with the operand-block interface, in the order of accesses of existing
 * software: core 0 copies queries and keys to ITA 0's block, in split form and 16 bytes at a time;
 * core i drives ITA i and polls; more heads than ITAs take several rounds. */
#include "firmware/drivers/dma.h"
#include "firmware/drivers/ita_operand_block.h"
#include "firmware/runtime/arena.h"
#include "firmware/runtime/arguments.h"
#include "firmware/runtime/barrier.h"
#include "firmware/runtime/hart.h"
#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"
#include "sw/operand_block/image.h"

enum {
  kSplitColumns = 16, /* bytes of a row that lie together in split form */
  kMaxItas = 4,
};

static struct Buffers {
  uint32_t inputs;  /* [S][E]: queries, then keys, row-major on their way to the block */
  uint32_t outputs; /* [kMaxItas][S][E] */
} buffers;
static volatile enum BlockExit status;
static struct ItaRequantTable requant_tables[kMaxItas];

static const struct BlockImage* workload(void) {
  return (const struct BlockImage*)WORKLOAD_ADDRESS;
}

static int fits(const struct BlockImage* image, uint32_t offset, uint32_t bytes) {
  return offset % 4 == 0 && offset >= sizeof(*image) && offset <= image->bytes &&
         bytes <= image->bytes - offset;
}

static enum BlockExit check_header(const struct BlockImage* image) {
  if (image->magic != BLOCK_MAGIC) {
    printf("operand_block: wrong magic 0x%08lx at 0x%08lx, expected 0x%08lx\n", image->magic,
           (uint32_t)image, (uint32_t)BLOCK_MAGIC);
    return kBlockWrongMagic;
  }
  if (image->version != BLOCK_VERSION) {
    printf("operand_block: wrong version %lu, expected %lu\n", image->version,
           (uint32_t)BLOCK_VERSION);
    return kBlockWrongVersion;
  }
  if (image->s == 0 || image->e == 0 || image->p == 0 || image->h == 0 ||
      (image->s | image->e | image->p) % 16 != 0) {
    printf("operand_block: wrong shape S=%lu E=%lu P=%lu H=%lu, S E P must be multiples of 16\n",
           image->s, image->e, image->p, image->h);
    return kBlockWrongShape;
  }
  return kBlockDone;
}

static enum BlockExit check_sizes(const struct BlockImage* image) {
  uint32_t available = platform.l2_base + platform.l2_bytes - (uint32_t)image;
  uint32_t matrix = image->s * image->e;
  uint32_t block_bytes = 4 * image->e * image->p + 2 * matrix + 4 * (image->e + 3 * image->p);
  if (image->bytes > available) {
    printf("operand_block: image of %lu bytes, L2 has %lu\n", image->bytes, available);
    return kBlockWrongSize;
  }
  if (image->block_bytes != block_bytes || image->h > image->bytes / block_bytes ||
      !fits(image, image->q_offset, matrix) || !fits(image, image->k_offset, matrix) ||
      !fits(image, image->blocks_offset, image->h * block_bytes) ||
      !fits(image, image->constants_offset, image->h * sizeof(struct BlockConstants)) ||
      !fits(image, image->result_offset, image->h * matrix) ||
      !fits(image, image->report_offset, sizeof(struct BlockReport))) {
    printf("operand_block: wrong size, parts of the image lie outside its %lu bytes\n",
           image->bytes);
    return kBlockWrongSize;
  }
  return kBlockDone;
}

static enum BlockExit prepare(const struct BlockImage* image) {
  enum BlockExit result = check_header(image);
  if (result == kBlockDone) {
    result = check_sizes(image);
  }
  if (result != kBlockDone) {
    return result;
  }
  uint32_t matrix = image->s * image->e;
  buffers.inputs = (uint32_t)arena_allocate(&l1_arena, 2 * matrix);
  buffers.outputs = (uint32_t)arena_allocate(&l1_arena, kMaxItas * matrix);
  if (buffers.inputs == 0 || buffers.outputs == 0) {
    printf("operand_block: no room in L1 for six matrices of %lu bytes\n", matrix);
    return kBlockNoRoom;
  }
  dma_copy(buffers.inputs, (uint32_t)image + image->q_offset, matrix);
  dma_copy(buffers.inputs + matrix, (uint32_t)image + image->k_offset, matrix);
  return kBlockDone;
}

/* Row-major [S][E] to blocks of 16 columns of all rows, one after another. */
static void copy_split(uint32_t destination, uint32_t source, uint32_t rows, uint32_t columns) {
  for (uint32_t column = 0; column < columns; column += kSplitColumns) {
    for (uint32_t row = 0; row < rows; ++row, destination += kSplitColumns) {
      dma_copy(destination, source + row * columns + column, kSplitColumns);
    }
  }
}

static uint32_t block_address(const struct BlockImage* image, uint32_t head) {
  return (uint32_t)image + image->blocks_offset + head * image->block_bytes;
}

/* Queries and keys of all heads of the round are those of ITA 0's block. */
static void share_inputs(const struct BlockImage* image, uint32_t first_head) {
  uint32_t block = block_address(image, first_head);
  uint32_t matrix = image->s * image->e;
  uint32_t queries = block + 3 * image->e * image->p;
  copy_split(queries, buffers.inputs, image->s, image->e);
  copy_split(queries + matrix, buffers.inputs + matrix, image->s, image->e);
  ita_block_set_start_addr(ita_block_base(0), block);
}

static void run_head(const struct BlockImage* image, uint32_t ita, uint32_t head) {
  uint32_t constants =
      (uint32_t)image + image->constants_offset + head * sizeof(struct BlockConstants);
  requant_tables[ita] = (struct ItaRequantTable){constants, constants + 8, constants + 16};
  struct ItaHead operands = {
      .start_addr = block_address(image, head),
      .out_addr = buffers.outputs + ita * image->s * image->e,
      .rqs_addr = (uint32_t)&requant_tables[ita],
      .s = image->s,
      .e = image->e,
      .p = image->p,
  };
  uint32_t base = ita_block_base(ita);
  ita_block_start(base, &operands);
  ita_block_wait(base);
}

static void store_outputs(const struct BlockImage* image, uint32_t first_head, uint32_t heads) {
  uint32_t matrix = image->s * image->e;
  dma_copy((uint32_t)image + image->result_offset + first_head * matrix, buffers.outputs,
           heads * matrix);
}

static void run_round(const struct BlockImage* image, uint32_t hart, uint32_t first_head,
                      uint32_t heads) {
  if (hart == 0) {
    share_inputs(image, first_head);
  }
  barrier();
  if (hart < heads) {
    run_head(image, hart, first_head + hart);
  }
  barrier();
  if (hart == 0) {
    store_outputs(image, first_head, heads);
  }
}

static void finish(const struct BlockImage* image, uint32_t cycles) {
  struct BlockReport* report = (struct BlockReport*)((uint32_t)image + image->report_offset);
  report->cycles = cycles;
  report->is_complete = 1;
  printf("operand_block: S=%lu E=%lu P=%lu H=%lu: %lu cycles\n", image->s, image->e, image->p,
         image->h, cycles);
}

int main(uint32_t hart) {
  const struct BlockImage* image = workload();
  if (platform.ita_interface != PLATFORM_BLOCK_ITA_OPERAND_BLOCK) {
    if (hart == 0) {
      printf("skipped: no ITA operand-block interface on this machine\n");
    }
    return 0;
  }
  if (hart == 0) {
    status = prepare(image);
  }
  barrier();
  if (status != kBlockDone) {
    return (int)status;
  }
  uint32_t start = cycle_count();
  uint32_t itas = platform.num_itas < kMaxItas ? platform.num_itas : kMaxItas;
  for (uint32_t head = 0; head < image->h; head += itas) {
    uint32_t heads = image->h - head < itas ? image->h - head : itas;
    run_round(image, hart, head, heads);
  }
  if (hart == 0) {
    finish(image, cycle_count() - start);
  }
  return kBlockDone;
}
