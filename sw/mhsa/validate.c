/* SPDX-License-Identifier: Apache-2.0 */
#include "sw/mhsa/validate.h"

#include "firmware/runtime/platform.h"
#include "firmware/runtime/print.h"

int uses_itas(const struct MhsaImage* image) {
  /* In each group one tile drives the ITA, with a hart for each task, and the others move data. */
  int has_harts = platform.harts_per_tile >= 3 && platform.core_tiles_per_group >= 2;
  return platform.ita_interface == PLATFORM_BLOCK_ITA_JOB && platform.num_itas > 0 && has_harts &&
         (image->flags & MHSA_CORES_ONLY) == 0;
}

static enum MhsaExit check_header(const struct MhsaImage* image) {
  if (image->magic != MHSA_MAGIC) {
    printf("mhsa: wrong magic 0x%08lx at 0x%08lx, expected 0x%08lx\n", image->magic,
           (uint32_t)image, (uint32_t)MHSA_MAGIC);
    return kMhsaWrongMagic;
  }
  if (image->version != MHSA_VERSION) {
    printf("mhsa: wrong version %lu, expected %lu\n", image->version, (uint32_t)MHSA_VERSION);
    return kMhsaWrongVersion;
  }
  return kMhsaDone;
}

static enum MhsaExit check_shape(const struct MhsaImage* image) {
  if (image->s == 0 || image->e == 0 || image->p == 0 || image->h == 0 ||
      (image->s | image->e | image->p) % kTileSize != 0) {
    printf("mhsa: wrong shape S=%lu E=%lu P=%lu H=%lu, S E P must be multiples of 64\n", image->s,
           image->e, image->p, image->h);
    return kMhsaWrongShape;
  }
  uint32_t bias_bytes = 3 * (3 * image->p + image->e);
  if (image->s > kMaxTilesS * kTileSize || image->e > kMaxTilesE * kTileSize ||
      image->p > kMaxTilesP * kTileSize || image->h > kMaxHeads ||
      sizeof(struct MhsaConstants) + bias_bytes > kTileBytes) {
    printf(
        "mhsa: shape S=%lu E=%lu P=%lu H=%lu too big, at most S=512 E=960 P=960 H=256 and "
        "9 P + 3 E <= 4032\n",
        image->s, image->e, image->p, image->h);
    return kMhsaShapeTooBig;
  }
  return kMhsaDone;
}

/* `bytes` at `offset` lie behind the header and inside the image. */
static int fits(const struct MhsaImage* image, uint32_t offset, uint32_t bytes) {
  return offset % 64 == 0 && offset >= sizeof(*image) && offset <= image->bytes &&
         bytes <= image->bytes - offset;
}

static enum MhsaExit check_sizes(const struct MhsaImage* image) {
  uint32_t available = platform.l2_base + platform.l2_bytes - (uint32_t)image;
  uint32_t input_bytes = image->s * image->e;
  uint32_t head_bytes = 4 * image->e * image->p + kTileBytes;
  if (image->bytes > available) {
    printf("mhsa: image of %lu bytes, L2 has %lu\n", image->bytes, available);
    return kMhsaWrongSize;
  }
  if (image->head_bytes != head_bytes || image->h > image->bytes / head_bytes ||
      !fits(image, image->heads_offset, image->h * head_bytes) ||
      !fits(image, image->q_offset, input_bytes) || !fits(image, image->k_offset, input_bytes) ||
      !fits(image, image->result_offset, input_bytes) ||
      !fits(image, image->report_offset, sizeof(struct MhsaReport))) {
    printf("mhsa: wrong size, parts of the image lie outside its %lu bytes\n", image->bytes);
    return kMhsaWrongSize;
  }
  return kMhsaDone;
}

static enum MhsaExit check_flavour(const struct MhsaImage* image) {
  if (image->flavour != PLATFORM_BLOCK_FLAVOUR_RTL &&
      image->flavour != PLATFORM_BLOCK_FLAVOUR_RTL_2024_08) {
    printf("mhsa: flavour %lu is not rtl (0) or rtl_2024_08 (1)\n", image->flavour);
    return kMhsaWrongFlavour;
  }
  if (uses_itas(image) && image->flavour != platform.ita_flavour) {
    printf("mhsa: flavour %lu of the image is not the ITAs' flavour %lu\n", image->flavour,
           platform.ita_flavour);
    return kMhsaWrongFlavour;
  }
  return kMhsaDone;
}

enum MhsaExit validate(const struct MhsaImage* image) {
  static enum MhsaExit (*const kChecks[])(const struct MhsaImage*) = {check_header, check_shape,
                                                                      check_sizes, check_flavour};
  for (uint32_t i = 0; i < sizeof(kChecks) / sizeof(kChecks[0]); ++i) {
    enum MhsaExit result = kChecks[i](image);
    if (result != kMhsaDone) {
      return result;
    }
  }
  return kMhsaDone;
}
