// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

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

/// Calls `visitor(bank)` for the banks of the access until one returns false.
template <typename Visitor>
bool L1Network::AcceleratorPort::all_banks(Visitor&& visitor) const {
  const std::uint32_t banks = network_.banks_per_accelerator();
  const std::uint32_t in_front = std::min(words_, banks - start_);
  for (std::uint32_t i = 0; i < in_front; ++i) {
    if (!visitor(first_bank_ + start_ + i)) {
      return false;
    }
  }
  for (std::uint32_t i = in_front; i < words_; ++i) {
    if (!visitor(first_bank_ + i - in_front)) {
      return false;
    }
  }
  return true;
}

std::uint64_t L1Network::AcceleratorPort::accesses_of_others() const {
  std::uint64_t sum = 0;
  all_banks([&](std::uint32_t bank) {
    sum += network_.requests_.left_at(bank);
    return true;
  });
  return sum;
}

void L1Network::AcceleratorPort::announce(std::uint32_t address, std::uint32_t bytes) {
  const std::uint32_t banks = network_.banks_per_accelerator();
  words_ = bytes / kWordBytes;
  TESSERA_CHECK(address >= base_ && address % kWordBytes == 0 && words_ <= banks,
                "access of {} bytes at {:#x} by the accelerator at {:#x}", bytes, address, base_);
  start_ = (address - base_) / kWordBytes % banks;
  const Cycles next = network_.cycle_ + 1;
  const BankArbitration rule = network_.parameters_.bank_arbitration;
  // Where the DMA has some banks of a word, it must get the others.
  is_reserved_ = (rule == BankArbitration::kAccelerator ||
                  (rule == BankArbitration::kRoundRobin && is_turn_)) &&
                 all_banks([&](std::uint32_t bank) {
                   return network_.responses_.is_bank_open(bank, next) &&
                          network_.superbanks_[bank / network_.num_wide_banks()].granted == 0;
                 });
  if (is_reserved_) {
    all_banks([&](std::uint32_t bank) {
      network_.responses_.block_bank(bank, next + 1);
      return true;
    });
  } else {
    accesses_before_ = accesses_of_others();
  }
}

bool L1Network::AcceleratorPort::ask() {
  const Cycles now = network_.cycle_;
  const bool is_free = (is_reserved_ || accesses_of_others() == accesses_before_) &&
                       all_banks([&](std::uint32_t bank) {
                         return !network_.responses_.is_waiting(bank) &&
                                (is_reserved_ || network_.responses_.bank_can_take(bank, now));
                       });
  is_turn_ = !is_free;
  if (is_free) {
    all_banks([&](std::uint32_t bank) {
      ++network_.bank_counters_[bank].wide_accesses;
      return true;
    });
  }
  return is_free;
}

}  // namespace tessera
