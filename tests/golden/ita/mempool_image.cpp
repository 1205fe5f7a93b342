// SPDX-License-Identifier: Apache-2.0
#include "tests/golden/ita/mempool_image.h"

#include <cstddef>

#include "models/ita/operand_block_regs.h"

namespace tessera::test {

namespace {

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
    table.mult[i] = static_cast<std::uint8_t>(head.requant[i].mult);
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
    : shape(data.shape), memory(kBase, data.heads.size() * head_bytes(data.shape)) {
  const ita::OperandBlockLayout layout(shape);
  const auto* shared = data.heads.front().block.data() + layout.q;
  std::uint32_t block = kBase;
  std::uint32_t shared_block = kBase;
  for (const MempoolCase::Head& head : data.heads) {
    const auto table = block + static_cast<std::uint32_t>(layout.bytes);
    const auto output = table + static_cast<std::uint32_t>(sizeof(RequantTable));
    memory.write(block, head.block.data(), layout.bytes);
    if (addresses.size() % kHeadsPerCall == 0) {
      shared_block = block;
      memory.write(block + static_cast<std::uint32_t>(layout.q), shared,
                   layout.wq_transposed - layout.q);
    }
    const RequantTable constants = requant_table(head, table);
    memory.write(table, &constants, sizeof constants);
    addresses.push_back({block, shared_block, output, table});
    block += static_cast<std::uint32_t>(head_bytes(shape));
  }
}

std::vector<std::int8_t> MempoolImage::output(std::size_t head) {
  std::vector<std::int8_t> values(shape.s * shape.e);
  memory.read(addresses[head].output, values.data(), values.size());
  return values;
}

Cycles OperandBlockDriver::start(std::uint32_t instance,
                                 const ita::OperandBlockAddresses& addresses,
                                 const ita::HeadShape& shape) {
  write(0, ITA_BLOCK_START_ADDR, addresses.shared_block);
  write(instance, ITA_BLOCK_S, static_cast<std::uint32_t>(shape.s));
  write(instance, ITA_BLOCK_E, static_cast<std::uint32_t>(shape.e));
  write(instance, ITA_BLOCK_P, static_cast<std::uint32_t>(shape.p));
  write(instance, ITA_BLOCK_START_ADDR, addresses.block);
  write(instance, ITA_BLOCK_OUT_ADDR, addresses.output);
  write(instance, ITA_BLOCK_RQS_ADDR, addresses.requant);
  const auto state = [&] { return read(instance, ITA_BLOCK_STATE); };
  write(instance, ITA_BLOCK_STATE, state() & ~ITA_BLOCK_STATE_ITER_MASK);
  write(instance, ITA_BLOCK_STATE, state() | ITA_BLOCK_STATE_SKIPSOFTMAX);
  write(instance, ITA_BLOCK_STATE, state() | ITA_BLOCK_STATE_START);
  return cycle_ - 1;
}

Cycles OperandBlockDriver::wait_for_done(std::uint32_t instance) {
  while ((read(instance, ITA_BLOCK_STATE) & ITA_BLOCK_STATE_DONE) == 0) {
  }
  return cycle_ - 1;
}

std::uint32_t OperandBlockDriver::read(std::uint32_t instance, std::uint32_t offset) {
  bus_.delay = clock_.time(cycle_++) - sc_core::sc_time_stamp();
  return bus_.read(instance * ITA_BLOCK_STRIDE + offset);
}

void OperandBlockDriver::write(std::uint32_t instance, std::uint32_t offset, std::uint32_t value) {
  bus_.delay = clock_.time(cycle_++) - sc_core::sc_time_stamp();
  bus_.write(instance * ITA_BLOCK_STRIDE + offset, value);
}

}  // namespace tessera::test
