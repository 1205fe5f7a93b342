// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "models/attention_engine/cycle/attention_program.h"
#include "models/attention_engine/datapath.h"
#include "models/attention_engine/device/matrix_rows.h"
#include "models/attention_engine/device/work.h"
#include "models/attention_engine/device/work_reader.h"
#include "models/attention_engine/tile_map.h"

namespace tessera::attention_engine {

/// Attention of any number of heads with one map.
class AttentionWork final : public Work {
 public:
  TileMap map;
  AttentionJob job;  ///< its map is the one above
  AttentionNumbers numbers;
  std::uint32_t uncanonical_tiles = 0;
  std::shared_ptr<const HeldMatrices> held;  ///< K and V; null: from memory

  std::unique_ptr<JobProgram> program(const EngineParameters& engine,
                                      std::vector<std::uint32_t>& tile_list) override;
  std::optional<EngineError> compute(ByteMemory& memory, WorkReport& report) override;
  [[nodiscard]] std::shared_ptr<const HeldMatrices> leaves() const override { return held; }

 private:
  void hold(const HostMatrix& k, const HostMatrix& v);
  [[nodiscard]] std::vector<bool> used_columns() const;
  friend class AttentionReader;
};

/// Reads an attention descriptor and its map, and plans it.
class AttentionReader final : public WorkReader {
 public:
  AttentionReader(const DeviceContext& context, const DescriptorFields& fields,
                  std::vector<Fetch>& fetches)
      : WorkReader(context, fields, fetches) {}
  /// Null: error() says why.
  std::unique_ptr<Work> read();

 private:
  bool read_shape();
  bool read_addresses();
  bool read_numbers();
  bool read_map();
  bool plan();
  bool use_held();

  MapShape shape_;
  std::unique_ptr<AttentionWork> work_ = std::make_unique<AttentionWork>();
};

}  // namespace tessera::attention_engine
