// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/byte_memory.h"
#include "models/base/config_node.h"
#include "models/ita/layer.h"
#include "models/ita/operand_block_regs.h"
#include "models/ita/timing.h"

/// How the operand-block interface lays out a head in memory. Plain functions; no time.
/// Source: Deeploy TargetLibraries/MemPool/src/ITA.c, Banshee src/peripherals.rs.
namespace tessera::ita {

struct OperandBlockParameters {
  Flavour flavour = Flavour::kMempool;
  std::uint32_t num_instances = ITA_BLOCK_NUM_INSTANCES;
  OperandBlockTiming timing{};
  std::uint32_t max_dimension = 1024;  ///< assumption: largest S, E, P

  /// Reads timing and limits; flavour and number belong to the machine. Errors are recorded in the
  /// node's tree.
  static OperandBlockParameters from_config(const ConfigNode& node);
};

/// Columns of one block of the "split" layout: blocks of 16 columns of all rows, one after another,
/// so element [r][c] is at (c / 16) * rows * 16 + r * 16 + c % 16.
inline constexpr std::size_t kSplitColumns = 16;

/// `split` in the split layout -> row-major [rows][columns]. REQUIRES: columns % 16 == 0.
std::vector<std::int8_t> unsplit(const std::vector<std::int8_t>& split, std::size_t rows,
                                 std::size_t columns);

/// Byte offsets inside an operand block, in the order of memory.
struct OperandBlockLayout {
  explicit OperandBlockLayout(const HeadShape& shape);

  std::size_t wo_transposed = 0;  ///< int8 [E][P]
  std::size_t wv_transposed;      ///< int8 [P][E]
  std::size_t wk_transposed;      ///< int8 [P][E]
  std::size_t q;                  ///< int8 [S][E] split
  std::size_t k;                  ///< int8 [S][E] split
  std::size_t wq_transposed;      ///< int8 [P][E] split
  std::size_t bo;                 ///< int32 [E]
  std::size_t bv;                 ///< int32 [P]
  std::size_t bk;                 ///< int32 [P]
  std::size_t bq;                 ///< int32 [P]
  std::size_t bytes;              ///< of the whole block
};

/// mult, shift, add.
constexpr std::size_t kRequantTables = 3;

/// Addresses of one head, as the registers hold them at START.
struct OperandBlockAddresses {
  std::uint32_t block;         ///< this instance's operand block
  std::uint32_t shared_block;  ///< instance 0's: where Q and K are read
  std::uint32_t output;        ///< int8 [S][E] row-major
  std::uint32_t requant;       ///< pointers to mult u8[8], shift u8[8], add i32[8]
};

/// Bytes at consecutive addresses.
struct MemoryPiece {
  std::uint32_t address = 0;
  std::uint32_t bytes = 0;

  bool overlaps(const MemoryPiece& other) const {
    return address - other.address < other.bytes || other.address - address < bytes;
  }
};

/// mult, shift, add.
using RequantTables = std::array<MemoryPiece, kRequantTables>;

/// What a run moves, in the order of the fetch; without the tables that `requant` points to.
struct OperandBlockPieces {
  std::vector<MemoryPiece> operands;
  MemoryPiece result;
};
OperandBlockPieces operand_block_pieces(const OperandBlockAddresses& addresses,
                                        const HeadShape& shape);
/// The tables that the pointers at `requant` lead to. REQUIRES: the pointers are in memory.
RequantTables requant_pieces(ByteMemory& memory, std::uint32_t requant);

/// What fetching a head came to.
struct OperandBlockFetch {
  bool is_complete = false;
  std::uint32_t failing_address = 0;  ///< of the first range that is not memory
  std::uint64_t bytes = 0;            ///< read
  HeadOperands head{};                ///< valid when is_complete
  /// Where mult, shift and add were, when is_complete.
  RequantTables tables;
};

/// Reads a head's operands and constants. REQUIRES: e and p are multiples of kSplitColumns.
OperandBlockFetch fetch_operand_block(ByteMemory& memory, const OperandBlockAddresses& addresses,
                                      const HeadShape& shape);

}  // namespace tessera::ita
