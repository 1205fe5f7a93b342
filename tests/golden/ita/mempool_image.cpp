// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/ita/mempool_image.h"

namespace tessera::test {

namespace {

constexpr std::uint32_t kBase = 0x8000'0000;

/// Requantisation constants as software keeps them: three pointers, then the three tables.
struct RequantTable {
  std::uint32_t mult_address, shift_address, add_address;
  std::uint8_t mult[ita::kNumConstants], shift[ita::kNumConstants];
  std::int32_t add[ita::kNumConstants];
};

RequantTable requant_table(const MempoolCase::Head& head, std::uint32_t address) {
  RequantTable table{};
  table.mult_address = address + static_cast<std::uint32_t>(offsetof(RequantTable, mult));
  table.shift_address = address + static_cast<std::uint32_t>(offsetof(RequantTable, shift));
  table.add_address = address + static_cast<std::uint32_t>(offsetof(RequantTable, add));
  for (std::size_t i = 0; i < ita::kNumConstants; ++i) {
    table.mult[i] = head.requant[i].mult;
    table.shift[i] = head.requant[i].shift;
    table.add[i] = head.requant[i].add;
  }
  return table;
}

std::size_t head_bytes(const ita::HeadShape& shape) {
  return ita::OperandBlockLayout(shape).bytes + sizeof(RequantTable) + shape.s * shape.e;
}

}  // namespace

MempoolImage::MempoolImage(const MempoolCase& data)
    : memory(kBase, data.heads.size() * head_bytes(data.shape)) {
  std::uint32_t block = kBase;
  for (const MempoolCase::Head& head : data.heads) {
    const auto table = block + static_cast<std::uint32_t>(head.block.size());
    const auto output = table + static_cast<std::uint32_t>(sizeof(RequantTable));
    memory.write(block, head.block.data(), head.block.size());
    const RequantTable constants = requant_table(head, table);
    memory.write(table, &constants, sizeof constants);
    addresses.push_back({block, kBase, output, table});
    block += static_cast<std::uint32_t>(head_bytes(data.shape));
  }
}

}  // namespace tessera::test
