// SPDX-License-Identifier: Apache-2.0
#include "models/base/error.h"
#include "models/interconnect/fabric_impl.h"
#include "models/interconnect/l1_network.h"

namespace tessera {

namespace {
constexpr std::uint32_t kWordBytes = 4;
}  // namespace

bool L1Network::WidePort::access(std::uint32_t raw_address, std::uint32_t bytes,
                                 bool /*is_write*/) {
  return network_.claim(network_.first_wide_bank(raw_address, bytes));
}

void L1Network::WidePort::hold(std::uint32_t raw_address, std::uint32_t bytes) {
  const std::uint32_t first = network_.first_wide_bank(raw_address, bytes);
  for (std::uint32_t i = 0; i < network_.num_wide_banks(); ++i) {
    network_.responses_.block_bank(first + i, network_.cycle_ + 1);
  }
}

std::uint32_t L1Network::num_wide_banks() const {
  return parameters_.wide_bytes / kWordBytes;
}

/// First bank of the AXI word that an access lies in.
std::uint32_t L1Network::first_wide_bank(std::uint32_t raw_address, std::uint32_t bytes) const {
  const std::uint32_t offset = raw_address % parameters_.wide_bytes;
  TESSERA_CHECK(bytes > 0 && offset + bytes <= parameters_.wide_bytes,
                "wide access of {} bytes at {:#x}", bytes, raw_address);
  raw_address -= offset;
  std::uint32_t tile = 0;
  const std::uint32_t bank = raw_address / kWordBytes % parameters_.banks_per_tile;
  if (raw_address < layout_.size_bytes()) {
    const std::uint32_t core_tile = layout_.locate_raw(raw_address).tile;
    tile = core_tile / parameters_.core_tiles_per_group * parameters_.tile_slots_per_group +
           core_tile % parameters_.core_tiles_per_group;
  } else {
    tile = map_[raw_address / kWordBytes >> bank_shift_];
  }
  return tile * parameters_.banks_per_tile + bank;
}

/// The request is forked to the banks of the word; each one grants on its own, before any hart, and
/// the access is through when all have. Source: tcdm_wide_narrow_mux.sv, i_wide_stream_fork.
bool L1Network::claim(std::uint32_t first_bank) {
  Superbank& superbank = superbanks_[first_bank / num_wide_banks()];
  bool is_simple = superbank.granted == 0 && superbank.answers == 0;
  for (std::uint32_t i = 0; i < num_wide_banks() && is_simple; ++i) {
    is_simple =
        !responses_.is_waiting(first_bank + i) && responses_.bank_can_take(first_bank + i, cycle_);
  }
  if (!is_simple) {
    return claim_one_by_one(superbank, first_bank);
  }
  // The answers leave the FIFOs together in the next cycle: only this one is taken from the harts.
  for (std::uint32_t i = 0; i < num_wide_banks(); ++i) {
    responses_.block_bank(first_bank + i, cycle_ + 1);
    ++bank_counters_[first_bank + i].wide_accesses;
  }
  return true;
}

bool L1Network::claim_one_by_one(Superbank& superbank, std::uint32_t first_bank) {
  const std::uint32_t wide_banks = num_wide_banks();
  bool is_complete = true;
  for (std::uint32_t i = 0; i < wide_banks; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if ((superbank.granted & bit) != 0) {
      continue;
    }
    if (!responses_.bank_can_take(first_bank + i, cycle_)) {
      is_complete = false;
      continue;
    }
    superbank.granted |= bit;
    responses_.block_bank(first_bank + i, cycle_ + 1);
    responses_.enter_wide(first_bank + i, cycle_);
    ++bank_counters_[first_bank + i].wide_accesses;
  }
  if (is_complete) {
    superbank.granted = 0;
    ++superbank.answers;
    ++wide_answers_;
  }
  return is_complete;
}

/// The answer of a wide access leaves when those of all its banks stand at the heads of their
/// FIFOs. Source: tcdm_wide_narrow_mux.sv, i_wide_stream_join.
void L1Network::join_wide_answers(Cycles cycle) {
  const std::uint32_t wide_banks = num_wide_banks();
  for (std::size_t s = 0; s < superbanks_.size(); ++s) {
    if (superbanks_[s].answers == 0) {
      continue;
    }
    const auto first = static_cast<std::uint32_t>(s * wide_banks);
    bool is_complete = true;
    for (std::uint32_t i = 0; i < wide_banks && is_complete; ++i) {
      is_complete = responses_.is_wide_head(first + i);
    }
    if (is_complete) {
      for (std::uint32_t i = 0; i < wide_banks; ++i) {
        responses_.leave_wide(first + i, cycle);
      }
      --superbanks_[s].answers;
      --wide_answers_;
    }
  }
}

}  // namespace tessera
