// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "models/dma/dma_parameters.h"

namespace tessera {

/// Bytes to move, all of a launch or a part of it. Addresses as the DMA sees them: L1 is raw.
struct DmaTransfer {
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint32_t bytes = 0;
  std::uint32_t number = 0;  ///< of the launch: what observers call the transfer
};

/// `bytes` bytes of `transfer`, from its byte `offset` on.
constexpr DmaTransfer part_of(const DmaTransfer& transfer, std::uint32_t offset,
                              std::uint32_t bytes) {
  return {transfer.source + offset, transfer.destination + offset, bytes, transfer.number};
}

/// The side of `transfer` that decides who moves what: the one in L1, the source first.
/// Source: idma_split_midend.sv.
constexpr std::uint32_t l1_side(const DmaParameters& parameters, const DmaTransfer& transfer) {
  return transfer.source < parameters.l1_bytes ? transfer.source : transfer.destination;
}

constexpr std::uint32_t other_side(const DmaParameters& parameters, const DmaTransfer& transfer) {
  return transfer.source < parameters.l1_bytes ? transfer.destination : transfer.source;
}

/// The first piece of `transfer`: as far as the end of the L1 row. Source: idma_split_midend.sv.
/// Of an accelerator tile, as far as the end of its region (assumption: that tile's RTL is not
/// public). REQUIRES: l1_side() in L1, bytes > 0.
DmaTransfer first_piece(const DmaParameters& parameters, const DmaTransfer& transfer);

/// What back-ends first .. first+count-1 move of `piece` together; 0 bytes: nothing.
/// Source: idma_distributed_midend.sv. The banks of an accelerator tile are served by the first
/// back-end of its group (assumption, as above). REQUIRES: a result of first_piece().
DmaTransfer share_of(const DmaParameters& parameters, const DmaTransfer& piece, std::uint32_t first,
                     std::uint32_t count);

}  // namespace tessera
