// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/byte_memory.h"
#include "models/base/dmi_table.h"
#include "models/base/hart_access.h"
#include "models/base/l1_layout.h"
#include "models/base/stat.h"
#include "models/base/write_observer.h"

namespace tessera {

/// The shared L1 (TCDM): all banks of the core tiles and, above them, of the accelerator tiles.
/// Bytes are kept in the order in which harts address them, so that harts can use plain pointers;
/// the raw (interleaved everywhere) view of the DMA is translated.
/// Atomics and LR/SC follow MemPool's tcdm_adapter.sv: one reservation per bank, README.
class L1Memory final : public HartPort {
 public:
  /// `accelerator_bytes` lie above the core tiles, interleaved over `accelerator_banks` banks per
  /// `accelerator_region_bytes`. `dmi` is where stores to reserved pages are revoked.
  struct Config {
    L1Layout layout;
    std::uint32_t accelerator_regions = 0;
    std::uint32_t accelerator_region_bytes = 0;
    std::uint32_t accelerator_banks = 0;
  };
  L1Memory(const Config& config, DmiTable& dmi, StatGroup& parent_stats);

  std::uint32_t size_bytes() const { return static_cast<std::uint32_t>(bytes_.size()); }
  std::uint8_t* data() { return bytes_.data(); }
  /// Set once, by whoever decodes code from this memory; null: nobody.
  void set_write_observer(WriteObserver* observer) { observer_ = observer; }

  bool contains(std::uint32_t address) const override { return address < size_bytes(); }
  HartReply access(const HartAccess& access) override;
  const std::uint8_t* host_bytes() const override { return bytes_.data(); }

  /// The address space as harts see it (scrambled), and as the DMA sees it (raw).
  ByteMemory& core_view() { return core_view_; }
  ByteMemory& raw_view() { return raw_view_; }

 private:
  /// LR reservation of one bank. Source: tcdm_adapter.sv, gen_lrsc.
  struct Reservation {
    bool is_valid = false;
    std::uint32_t word = 0;  ///< byte address of the reserved word, as harts see it
    std::uint32_t hart = 0;
  };
  class CoreView : public ByteMemory {
   public:
    explicit CoreView(L1Memory& memory) : memory_(memory) {}
    bool read(std::uint32_t address, void* data, std::size_t bytes) override;
    bool write(std::uint32_t address, const void* data, std::size_t bytes) override;

   private:
    L1Memory& memory_;
  };
  class RawView : public ByteMemory {
   public:
    explicit RawView(L1Memory& memory) : memory_(memory) {}
    bool read(std::uint32_t address, void* data, std::size_t bytes) override;
    bool write(std::uint32_t address, const void* data, std::size_t bytes) override;

   private:
    L1Memory& memory_;
  };

  bool is_inside(std::uint32_t address, std::size_t bytes) const;
  std::size_t bank_of(std::uint32_t address) const;
  std::uint32_t load_reserved(const HartAccess& access);
  std::uint32_t store_conditional(const HartAccess& access);
  void store(std::uint32_t address, const void* data, std::size_t bytes);
  /// A write by `hart` (kNoHart: a device) clears foreign reservations it hits.
  void clear_reservations(std::uint32_t hart, std::uint32_t address, std::size_t bytes);
  void set_reservation(Reservation& reservation, const Reservation& value);

  const Config config_;
  DmiTable& dmi_;
  WriteObserver* observer_ = nullptr;
  std::vector<std::uint8_t> bytes_;
  std::vector<Reservation> reservations_;         ///< per bank
  std::vector<std::uint32_t> reserved_per_page_;  ///< reservations on each DMI page
  std::uint32_t num_reserved_ = 0;
  std::uint64_t sc_successes_ = 0;
  std::uint64_t sc_failures_ = 0;
  std::uint64_t atomics_ = 0;
  CoreView core_view_{*this};
  RawView raw_view_{*this};
};

}  // namespace tessera
