// SPDX-License-Identifier: Apache-2.0
#include "models/dma/dma_split.h"

#include <algorithm>

namespace tessera {

DmaTransfer first_piece(const DmaParameters& parameters, const DmaTransfer& transfer) {
  const std::uint32_t address = l1_side(parameters, transfer);
  const bool is_interleaved = address < parameters.core_l1_bytes;
  const std::uint32_t offset = is_interleaved ? address : address - parameters.core_l1_bytes;
  const std::uint32_t unit =
      is_interleaved ? parameters.row_bytes : parameters.accelerator_region_bytes;
  return part_of(transfer, 0, std::min(transfer.bytes, unit - offset % unit));
}

DmaTransfer share_of(const DmaParameters& parameters, const DmaTransfer& piece, std::uint32_t first,
                     std::uint32_t count) {
  const std::uint32_t address = l1_side(parameters, piece);
  if (address >= parameters.core_l1_bytes) {
    const std::uint32_t region =
        (address - parameters.core_l1_bytes) / parameters.accelerator_region_bytes;
    const std::uint32_t backend = region % parameters.num_groups * parameters.backends_per_group;
    return backend - first < count ? piece : part_of(piece, 0, 0);
  }
  const std::uint32_t in_row = address % parameters.row_bytes;
  const std::uint32_t share = parameters.share_bytes();
  const std::uint32_t begin = std::max(in_row, first * share);
  const std::uint32_t end = std::min(in_row + piece.bytes, (first + count) * share);
  return begin < end ? part_of(piece, begin - in_row, end - begin) : part_of(piece, 0, 0);
}

}  // namespace tessera
