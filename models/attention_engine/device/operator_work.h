// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "models/attention_engine/device/work.h"
#include "models/attention_engine/device/work_reader.h"

namespace tessera::attention_engine {

/// Reads the descriptors of everything but attention and chains: COPY, GELU, SOFTMAX, LAYERNORM,
/// GEMM and TOPK_SEL.
/// Errors beside those of WorkReader: BAD_DESC (a size of 0, more than one head, a stride shorter
/// than its row, GEMM with a generated map, bits or keys of a selection), VRF_OVERFLOW (not even
/// one block of rows fits), those of the map.
class OperatorReader final : public WorkReader {
 public:
  OperatorReader(const DeviceContext& context, const DescriptorFields& fields,
                 std::vector<Fetch>& fetches)
      : WorkReader(context, fields, fetches) {}
  /// Null: error() says why.
  std::unique_ptr<Work> read();

 private:
  std::unique_ptr<Work> read_rows_operator(std::uint32_t type);
  std::unique_ptr<Work> read_gemm();
  std::unique_ptr<Work> read_selection();
  bool has_sizes(std::uint32_t columns);
  bool fits(std::uint32_t block_rows);
  [[nodiscard]] std::uint32_t stride(std::size_t offset) const {
    return fields_.half(offset) * kStrideUnit;
  }
};

}  // namespace tessera::attention_engine
