// SPDX-License-Identifier: Apache-2.0
#include "models/ita/operand_block.h"

#include <array>

#include "models/base/error.h"

namespace tessera::ita {

namespace {

/// Reads consecutive things and remembers the first failure.
class Reader {
 public:
  Reader(ByteMemory& memory, OperandBlockFetch& fetch) : memory_(memory), fetch_(fetch) {}

  template <typename Element>
  void read(std::uint32_t address, Element* elements, std::size_t count) {
    const std::size_t bytes = count * sizeof(Element);
    if (fetch_.is_complete && !memory_.read(address, elements, bytes)) {
      fetch_.is_complete = false;
      fetch_.failing_address = address;
    }
    fetch_.bytes += fetch_.is_complete ? bytes : 0;
  }
  template <typename Element>
  std::vector<Element> read(std::size_t address, std::size_t count) {
    std::vector<Element> elements(count);
    read(static_cast<std::uint32_t>(address), elements.data(), count);
    return elements;
  }

 private:
  ByteMemory& memory_;
  OperandBlockFetch& fetch_;
};

RequantTables requant_tables(const std::array<std::uint32_t, kRequantTables>& pointers) {
  return {{{pointers[0], kNumConstants * sizeof(std::uint8_t)},
           {pointers[1], kNumConstants * sizeof(std::uint8_t)},
           {pointers[2], kNumConstants * sizeof(std::int32_t)}}};
}

}  // namespace

OperandBlockParameters OperandBlockParameters::from_config(const ConfigNode& node) {
  OperandBlockParameters parameters;
  parameters.timing = OperandBlockTiming::from_config(node);
  parameters.max_dimension = static_cast<std::uint32_t>(
      node.get_unsigned("max_dimension", parameters.max_dimension, 16, 4096, "elements",
                        "assumption: largest sequence length, embedding and projection size"));
  return parameters;
}

std::vector<std::int8_t> unsplit(const std::vector<std::int8_t>& split, std::size_t rows,
                                 std::size_t columns) {
  std::vector<std::int8_t> matrix(split.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      matrix[r * columns + c] =
          split[(c / kSplitColumns * rows + r) * kSplitColumns + c % kSplitColumns];
    }
  }
  return matrix;
}

OperandBlockLayout::OperandBlockLayout(const HeadShape& shape) {
  const auto [s, e, p] = shape;
  wv_transposed = wo_transposed + e * p;
  wk_transposed = wv_transposed + p * e;
  q = wk_transposed + p * e;
  k = q + s * e;
  wq_transposed = k + s * e;
  bo = wq_transposed + p * e;
  bv = bo + e * sizeof(std::int32_t);
  bk = bv + p * sizeof(std::int32_t);
  bq = bk + p * sizeof(std::int32_t);
  bytes = bq + p * sizeof(std::int32_t);
}

OperandBlockPieces operand_block_pieces(const OperandBlockAddresses& addresses,
                                        const HeadShape& shape) {
  const OperandBlockLayout layout(shape);
  const auto piece = [](std::uint32_t block, std::size_t begin, std::size_t end) {
    return MemoryPiece{block + static_cast<std::uint32_t>(begin),
                       static_cast<std::uint32_t>(end - begin)};
  };
  OperandBlockPieces pieces;
  pieces.operands = {{addresses.requant, kRequantTables * sizeof(std::uint32_t)},
                     piece(addresses.block, layout.wo_transposed, layout.q),
                     piece(addresses.shared_block, layout.q, layout.wq_transposed),
                     piece(addresses.block, layout.wq_transposed, layout.bytes)};
  pieces.result = piece(addresses.output, 0, shape.s * shape.e);
  return pieces;
}

RequantTables requant_pieces(ByteMemory& memory, std::uint32_t requant) {
  std::array<std::uint32_t, kRequantTables> pointers{};
  TESSERA_CHECK(memory.read(requant, pointers.data(), sizeof pointers), "no pointers at {:#x}",
                requant);
  return requant_tables(pointers);
}

OperandBlockFetch fetch_operand_block(ByteMemory& memory, const OperandBlockAddresses& addresses,
                                      const HeadShape& shape) {
  const auto [s, e, p] = shape;
  const OperandBlockLayout layout(shape);
  OperandBlockFetch fetch;
  fetch.is_complete = true;
  Reader reader(memory, fetch);
  HeadOperands& head = fetch.head;
  head.shape = shape;
  head.wo_transposed = reader.read<std::int8_t>(addresses.block + layout.wo_transposed, e * p);
  head.wv_transposed = reader.read<std::int8_t>(addresses.block + layout.wv_transposed, p * e);
  head.wk_transposed = reader.read<std::int8_t>(addresses.block + layout.wk_transposed, p * e);
  head.q = unsplit(reader.read<std::int8_t>(addresses.shared_block + layout.q, s * e), s, e);
  head.k = unsplit(reader.read<std::int8_t>(addresses.shared_block + layout.k, s * e), s, e);
  head.wq_transposed =
      unsplit(reader.read<std::int8_t>(addresses.block + layout.wq_transposed, p * e), p, e);
  head.bo = reader.read<std::int32_t>(addresses.block + layout.bo, e);
  head.bv = reader.read<std::int32_t>(addresses.block + layout.bv, p);
  head.bk = reader.read<std::int32_t>(addresses.block + layout.bk, p);
  head.bq = reader.read<std::int32_t>(addresses.block + layout.bq, p);

  std::array<std::uint32_t, kRequantTables> pointers{};
  std::array<std::uint8_t, kNumConstants> mult{};
  std::array<std::uint8_t, kNumConstants> shift{};
  std::array<std::int32_t, kNumConstants> add{};
  reader.read(addresses.requant, pointers.data(), pointers.size());
  reader.read(pointers[0], mult.data(), mult.size());
  reader.read(pointers[1], shift.data(), shift.size());
  reader.read(pointers[2], add.data(), add.size());
  for (std::size_t i = 0; i < kNumConstants; ++i) {
    head.requant[i] = {mult[i], shift[i], add[i]};
  }
  fetch.tables = requant_tables(pointers);
  return fetch;
}

}  // namespace tessera::ita
