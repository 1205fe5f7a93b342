// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/axi/axi_channel.h"

namespace tessera {

/// Gives the transactions of a group's many ids one of four ids towards the system, and stalls
/// those for which there is none. Source: axi_id_remap.sv with 4 unique ids of 8 transactions.
class IdRemap {
 public:
  static constexpr std::uint32_t kNumIds = 4;

  /// What is at the input in a cycle; null: nothing.
  struct Input {
    const AxiRequest* read = nullptr;
    const AxiRequest* write = nullptr;
  };
  /// Which of them show at the output in this cycle, under which id. Call once per cycle.
  struct Output {
    bool has_read = false;
    bool has_write = false;
    std::uint8_t read_id = 0;
    std::uint8_t write_id = 0;
  };
  Output present(const Input& input, Cycles now);
  /// What of that was accepted downstream in this cycle.
  void accept(const Output& output, bool is_read_accepted, bool is_write_accepted);

  /// A transaction has ended; returns the id it had at the input.
  std::uint16_t close_read(std::uint32_t id, Cycles now) { return close(reads_[id], now); }
  std::uint16_t close_write(std::uint32_t id, Cycles now) { return close(writes_[id], now); }
  std::uint16_t read_source(std::uint32_t id) const { return reads_[id].source; }

 private:
  static constexpr std::uint32_t kMaxTransactions = 8;

  struct Entry {
    std::uint16_t source = 0;
    RegisteredCount count;
  };
  using Table = std::array<Entry, kNumIds>;

  static constexpr std::uint8_t kNone = 0xFF;
  static std::uint8_t find(const Table& table, std::uint16_t source, Cycles now);
  static void open(Entry& entry, std::uint16_t source, Cycles now);
  static std::uint16_t close(Entry& entry, Cycles now);
  std::uint8_t find_atomic(Cycles now) const;

  Table reads_{};
  Table writes_{};
  // An address that was shown stays until accepted, and keeps other directions out meanwhile.
  bool is_read_held_ = false;
  bool is_write_held_ = false;
  std::uint8_t held_read_id_ = 0;
  std::uint8_t held_write_id_ = 0;
  bool is_read_first_ = false;  ///< reads before atomics, so that those do not starve reads
};

}  // namespace tessera
