// SPDX-License-Identifier: Apache-2.0
#include "models/memory/l1_memory.h"

#include <algorithm>
#include <cstring>

#include "models/base/error.h"

namespace tessera {

namespace {
constexpr std::uint32_t kWordBytes = 4;
constexpr std::uint32_t kScFailed = 1;
}  // namespace

L1Memory::L1Memory(const Config& config, DmiTable& dmi, StatGroup& parent_stats)
    : config_(config),
      dmi_(dmi),
      bytes_(config.layout.size_bytes() +
             std::size_t{config.accelerator_regions} * config.accelerator_region_bytes),
      reservations_(std::size_t{config.layout.tiles()} * config.layout.banks_per_tile() +
                    std::size_t{config.accelerator_regions} * config.accelerator_banks),
      reserved_per_page_((bytes_.size() >> DmiTable::kPageBits) + 1) {
  dmi_.map(0, bytes_.size(), bytes_.data(), true, true);
  StatGroup& stats = parent_stats.add_group("l1");
  stats.add("atomics", "count", "AMOs performed at the banks", &atomics_);
  stats.add("sc_successes", "count", "store-conditionals that wrote", &sc_successes_);
  stats.add("sc_failures", "count", "store-conditionals that did not write", &sc_failures_);
}

bool L1Memory::is_inside(std::uint32_t address, std::size_t bytes) const {
  return address <= bytes_.size() && bytes <= bytes_.size() - address;
}

std::size_t L1Memory::bank_of(std::uint32_t address) const {
  const std::uint32_t core_bytes = config_.layout.size_bytes();
  if (address < core_bytes) {
    const BankLocation place = config_.layout.locate_core(address);
    return std::size_t{place.tile} * config_.layout.banks_per_tile() + place.bank;
  }
  const std::uint32_t offset = address - core_bytes;
  const std::uint32_t region = offset / config_.accelerator_region_bytes;
  return std::size_t{config_.layout.tiles()} * config_.layout.banks_per_tile() +
         std::size_t{region} * config_.accelerator_banks +
         (offset / kWordBytes) % config_.accelerator_banks;
}

HartReply L1Memory::access(const HartAccess& access) {
  TESSERA_CHECK(is_inside(access.address, access.bytes), "L1 access at {:#x}", access.address);
  HartReply reply;
  switch (access.kind) {
    case AccessKind::kLoad:
      if (access.bytes == kWordBytes) {  // with a constant length this is one instruction
        std::memcpy(&reply.data, &bytes_[access.address], kWordBytes);
      } else {
        std::memcpy(&reply.data, &bytes_[access.address], access.bytes);
      }
      break;
    case AccessKind::kStore:
      clear_reservations(access.hart, access.address, access.bytes);
      store(access.address, &access.data, access.bytes);
      break;
    case AccessKind::kLoadReserved:
      reply.data = load_reserved(access);
      break;
    case AccessKind::kStoreConditional:
      reply.data = store_conditional(access);
      break;
    default: {
      std::memcpy(&reply.data, &bytes_[access.address], kWordBytes);
      const std::uint32_t value = amo_result(access.kind, reply.data, access.data);
      clear_reservations(access.hart, access.address, kWordBytes);
      store(access.address, &value, kWordBytes);
      ++atomics_;
    }
  }
  return reply;
}

std::uint32_t L1Memory::load_reserved(const HartAccess& access) {
  Reservation& reservation = reservations_[bank_of(access.address)];
  if (!reservation.is_valid || reservation.hart == access.hart) {
    set_reservation(reservation, {true, access.address, access.hart});
  }
  std::uint32_t value = 0;
  std::memcpy(&value, &bytes_[access.address], kWordBytes);
  return value;
}

std::uint32_t L1Memory::store_conditional(const HartAccess& access) {
  Reservation& reservation = reservations_[bank_of(access.address)];
  if (!reservation.is_valid || reservation.hart != access.hart) {
    ++sc_failures_;
    return kScFailed;
  }
  const bool is_match = reservation.word == access.address;
  set_reservation(reservation, {});
  if (!is_match) {
    ++sc_failures_;
    return kScFailed;
  }
  store(access.address, &access.data, kWordBytes);
  ++sc_successes_;
  return 0;
}

void L1Memory::set_reservation(Reservation& reservation, const Reservation& value) {
  if (reservation.is_valid) {
    --num_reserved_;
    if (--reserved_per_page_[reservation.word >> DmiTable::kPageBits] == 0) {
      dmi_.restore_write(reservation.word, DmiTable::kHoldsReservation);
    }
  }
  reservation = value;
  if (reservation.is_valid) {
    ++num_reserved_;
    ++reserved_per_page_[reservation.word >> DmiTable::kPageBits];
    dmi_.revoke_write(reservation.word, DmiTable::kHoldsReservation);
  }
}

void L1Memory::clear_reservations(std::uint32_t hart, std::uint32_t address, std::size_t bytes) {
  if (num_reserved_ == 0) {
    return;
  }
  const std::size_t end = address + bytes;
  for (std::size_t word = address & ~(kWordBytes - 1); word < end; word += kWordBytes) {
    Reservation& reservation = reservations_[bank_of(static_cast<std::uint32_t>(word))];
    if (reservation.is_valid && reservation.hart != hart && reservation.word == word) {
      set_reservation(reservation, {});
    }
  }
}

void L1Memory::store(std::uint32_t address, const void* data, std::size_t bytes) {
  std::memcpy(&bytes_[address], data, bytes);
  if (observer_ != nullptr) {
    observer_->memory_written(address, static_cast<std::uint32_t>(bytes));
  }
}

bool L1Memory::CoreView::read(std::uint32_t address, void* data, std::size_t bytes) {
  if (!memory_.is_inside(address, bytes)) {
    return false;
  }
  std::memcpy(data, memory_.bytes_.data() + address, bytes);
  return true;
}

bool L1Memory::CoreView::write(std::uint32_t address, const void* data, std::size_t bytes) {
  if (!memory_.is_inside(address, bytes)) {
    return false;
  }
  if (bytes > 0) {
    memory_.clear_reservations(kNoHart, address, bytes);
    memory_.store(address, data, bytes);
  }
  return true;
}

bool L1Memory::RawView::read(std::uint32_t address, void* data, std::size_t bytes) {
  auto* out = static_cast<std::uint8_t*>(data);
  if (!memory_.is_inside(address, bytes)) {
    return false;
  }
  memory_.config_.layout.for_each_core_piece(
      address, bytes, [&](std::uint32_t place, std::size_t offset, std::size_t length) {
        memory_.core_view_.read(place, out + offset, length);
      });
  return true;
}

bool L1Memory::RawView::write(std::uint32_t address, const void* data, std::size_t bytes) {
  const auto* in = static_cast<const std::uint8_t*>(data);
  if (!memory_.is_inside(address, bytes)) {
    return false;
  }
  memory_.config_.layout.for_each_core_piece(
      address, bytes, [&](std::uint32_t place, std::size_t offset, std::size_t length) {
        memory_.core_view_.write(place, in + offset, length);
      });
  return true;
}

}  // namespace tessera
