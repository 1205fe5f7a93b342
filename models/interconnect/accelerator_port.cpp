// SPDX-License-Identifier: Apache-2.0
#include "models/base/error.h"
#include "models/interconnect/fabric_impl.h"
#include "models/interconnect/l1_network.h"

namespace tessera {

namespace {
constexpr std::uint32_t kWordBytes = 4;
}  // namespace

std::unique_ptr<BankPort> L1Network::bank_port(std::uint32_t index) {
  const std::uint32_t per_group = parameters_.accelerators_per_group;
  const std::uint32_t slot = index / per_group * parameters_.tile_slots_per_group +
                             parameters_.core_tiles_per_group +
                             index % per_group * parameters_.slots_per_accelerator();
  const std::uint32_t base =
      layout_.size_bytes() + index * banks_per_accelerator() * parameters_.bank_bytes;
  return std::make_unique<AcceleratorPort>(*this, base, slot * parameters_.banks_per_tile);
}

std::unique_ptr<BankPort> L1Network::whole_port() {
  return std::make_unique<AcceleratorPort>(*this);
}

void L1Network::AcceleratorPort::list_banks(std::uint32_t address, std::uint32_t bytes) {
  words_ = bytes / kWordBytes;
  TESSERA_CHECK(address % kWordBytes == 0 && words_ <= kMaxWords, "access of {} bytes at {:#x}",
                bytes, address);
  const std::uint32_t first = address / kWordBytes;
  if (is_whole_) {
    for (std::uint32_t i = 0; i < words_; ++i) {
      const std::uint32_t tile = network_.map_[(first + i) >> network_.bank_shift_];
      banks_[i] = static_cast<std::uint16_t>((tile << network_.bank_shift_) +
                                             ((first + i) & network_.bank_mask_));
    }
    return;
  }
  // What passes the end of the region finds banks all the same.
  const std::uint32_t banks = network_.banks_per_accelerator();
  std::uint32_t bank = (first - base_ / kWordBytes) % banks;
  for (std::uint32_t i = 0; i < words_; ++i) {
    banks_[i] = static_cast<std::uint16_t>(first_bank_ + bank);
    bank = bank + 1 == banks ? 0 : bank + 1;
  }
}

std::uint64_t L1Network::AcceleratorPort::accesses_of_others() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words_; ++i) {
    sum += network_.requests_.left_at(banks_[i]);
  }
  return sum;
}

/// The banks are open in `cycle`, and the DMA has none of a word whose other banks it still needs.
bool L1Network::AcceleratorPort::can_reserve(Cycles cycle) const {
  for (std::size_t i = 0; i < words_; ++i) {
    if (!network_.responses_.is_bank_open(banks_[i], cycle) ||
        network_.superbanks_[banks_[i] / network_.num_wide_banks()].granted != 0) {
      return false;
    }
  }
  return true;
}

void L1Network::AcceleratorPort::announce(std::uint32_t address, std::uint32_t bytes) {
  list_banks(address, bytes);
  const Cycles next = network_.cycle_ + 1;
  const BankArbitration rule = network_.parameters_.bank_arbitration;
  is_reserved_ = (rule == BankArbitration::kAccelerator ||
                  (rule == BankArbitration::kRoundRobin && is_turn_)) &&
                 can_reserve(next);
  if (!is_reserved_) {
    accesses_before_ = accesses_of_others();
    return;
  }
  for (std::size_t i = 0; i < words_; ++i) {
    network_.responses_.block_bank(banks_[i], next + 1);
  }
}

bool L1Network::AcceleratorPort::ask() {
  bool is_free = is_reserved_ || accesses_of_others() == accesses_before_;
  for (std::size_t i = 0; i < words_ && is_free; ++i) {
    is_free = !network_.responses_.is_waiting(banks_[i]) &&
              (is_reserved_ || network_.responses_.bank_can_take(banks_[i], network_.cycle_));
  }
  is_turn_ = !is_free;
  for (std::size_t i = 0; i < words_ && is_free; ++i) {
    ++network_.bank_counters_[banks_[i]].wide_accesses;
    network_.responses_.block_bank(banks_[i], network_.cycle_ + 1);
  }
  return is_free;
}

}  // namespace tessera
