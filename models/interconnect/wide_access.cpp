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

bool L1Network::WidePort::has_answer(std::uint32_t raw_address, std::uint32_t bytes) const {
  return network_.has_wide_answer(network_.first_wide_bank(raw_address, bytes));
}

void L1Network::WidePort::take_answer(std::uint32_t raw_address, std::uint32_t bytes) {
  network_.take_wide_answer(network_.first_wide_bank(raw_address, bytes));
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
  const std::uint32_t index = first_bank / num_wide_banks();
  Superbank& superbank = superbanks_[index];
  if (superbank.fresh != kNever) {
    store_answer(index);  // it was not taken in this cycle
  }
  bool is_simple = superbank.granted == 0 && superbank.answers == 0;
  for (std::uint32_t i = 0; i < num_wide_banks() && is_simple; ++i) {
    is_simple =
        !responses_.is_waiting(first_bank + i) && responses_.bank_can_take(first_bank + i, cycle_);
  }
  if (!is_simple) {
    return claim_one_by_one(superbank, first_bank);
  }
  for (std::uint32_t i = 0; i < num_wide_banks(); ++i) {
    responses_.block_bank(first_bank + i, cycle_ + 1);
    ++bank_counters_[first_bank + i].wide_accesses;
  }
  superbank.fresh = cycle_;
  fresh_superbanks_.push_back(index);
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
  }
  return is_complete;
}

/// Source: tcdm_wide_narrow_mux.sv, i_wide_stream_join.
bool L1Network::has_wide_answer(std::uint32_t first_bank) const {
  const Superbank& superbank = superbanks_[first_bank / num_wide_banks()];
  if (superbank.fresh != kNever) {
    return superbank.fresh < cycle_;
  }
  bool is_complete = superbank.answers > 0;
  for (std::uint32_t i = 0; i < num_wide_banks() && is_complete; ++i) {
    is_complete = responses_.is_wide_head(first_bank + i, cycle_);
  }
  return is_complete;
}

void L1Network::take_wide_answer(std::uint32_t first_bank) {
  Superbank& superbank = superbanks_[first_bank / num_wide_banks()];
  if (superbank.fresh != kNever) {
    superbank.fresh = kNever;
    return;
  }
  for (std::uint32_t i = 0; i < num_wide_banks(); ++i) {
    responses_.leave_wide(first_bank + i, cycle_);
  }
  --superbank.answers;
}

void L1Network::store_answer(std::uint32_t index) {
  Superbank& superbank = superbanks_[index];
  for (std::uint32_t i = 0; i < num_wide_banks(); ++i) {
    responses_.enter_wide(index * num_wide_banks() + i, superbank.fresh);
  }
  superbank.fresh = kNever;
  ++superbank.answers;
}

void L1Network::store_answers() {
  std::size_t kept = 0;
  for (const std::uint32_t index : fresh_superbanks_) {
    if (superbanks_[index].fresh == cycle_) {
      fresh_superbanks_[kept++] = index;
    } else if (superbanks_[index].fresh != kNever) {
      store_answer(index);
    }
  }
  fresh_superbanks_.resize(kept);
}

}  // namespace tessera
