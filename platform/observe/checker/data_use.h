// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "platform/observe/checker/check_reports.h"
#include "platform/observe/checker/checker_setup.h"
#include "platform/observe/checker/device_order.h"
#include "platform/observe/checker/hart_copies.h"
#include "platform/observe/checker/hart_order.h"
#include "platform/observe/checker/input_moves.h"
#include "platform/observe/checker/result_use.h"
#include "platform/observe/checker/shadow_memory.h"

namespace tessera {

/// Who has read what, and what nobody has: results of devices, and input of the program, also
/// where the DMA or a hart has copied it.
class DataUse {
 public:
  /// All outlive this.
  DataUse(const CheckerSetup& setup, ShadowMemory& shadow, const HartOrder& harts,
          const DeviceOrder& devices, CheckReports& reports);

  /// Somebody reads `bytes` of the word, and not to copy it.
  void take(const ShadowMemory::Place& place, std::uint32_t address, std::uint8_t bytes);
  void hart_writes(const ShadowMemory::Place& place, const MemoryAccess& store);
  /// By instructions that only copy, into x[index] and out of it.
  void hart_loads_copy(const ShadowMemory::Place& place, const MemoryAccess& load,
                       std::uint32_t index);
  void hart_stores_copy(const ShadowMemory::Place& place, const MemoryAccess& store,
                        std::uint32_t index);
  void device_reads(const ShadowMemory::Place& place, std::uint32_t address,
                    const ShadowAccess& read);
  /// Before the write is recorded.
  void device_writes(const ShadowMemory::Place& place, std::uint32_t address,
                     const ShadowAccess& write, Cycles cycle);
  /// The program has seen these bytes, or has left them out as what lies between rows.
  void take_all(std::uint32_t begin, std::uint32_t num_bytes);
  /// A transfer of the DMA reads or writes.
  void moves(const MemoryAccess& access) { input_moves_.accessed(access); }
  void transfer_ends(std::uint64_t transfer);

  /// When the run ends.
  void check_results(const ShadowAccess& end, Cycles cycle);
  void check_inputs(const ShadowAccess& end, Cycles cycle);

 private:
  /// Words of an input, those of zeros aside, of which nobody has read all.
  struct Unread {
    struct Piece {
      std::uint32_t begin;
      std::uint32_t last;
      std::uint32_t words;
    };
    std::vector<Piece> pieces;
    std::uint32_t words = 0;
    std::uint32_t all_words = 0;  ///< the read ones, too

    void add(std::uint32_t address);
  };
  Unread find_unread(const CheckerSetup::Input& input);
  /// Those of `bytes` at `address`, of whatever word they are.
  void take_bytes(std::uint32_t address, std::uint8_t bytes);
  /// The transfer that has brought byte `byte` of the word, from where; null: none.
  const InputMoves::Move* move_to(const ShadowMemory::Place& place, unsigned byte) const;
  /// Where the byte at `address` was loaded before the run; nothing if it is no input.
  std::optional<std::uint32_t> origin(const ShadowMemory::Place& place,
                                      std::uint32_t address) const;
  bool is_input(std::uint32_t address) const;
  bool is_left_to_others(std::uint32_t address) const;
  bool is_result_of_device(const ShadowAccess& access) const;

  const CheckerSetup& setup_;
  ShadowMemory& shadow_;
  const HartOrder& harts_;
  const DeviceOrder& devices_;
  CheckReports& reports_;
  ResultUse result_use_;
  InputMoves input_moves_;
  HartCopies hart_copies_;
};

}  // namespace tessera
