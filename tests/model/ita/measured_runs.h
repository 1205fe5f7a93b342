// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "models/ita/timing.h"

namespace tessera::test {

/// A row of a table of measurements: name of the column -> text.
using MeasuredRun = std::map<std::string, std::string>;

/// The rows of shared/golden/ita/`file`; none when there is no such file.
inline std::vector<MeasuredRun> measured_runs(const std::string& file) {
  std::ifstream stream(std::string(SHARED_DIR) + "/golden/ita/" + file);
  const auto split = [](const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, ',');) {
      cells.push_back(cell);
    }
    return cells;
  };
  std::vector<MeasuredRun> rows;
  std::string line;
  std::getline(stream, line);
  const auto names = split(line);
  while (std::getline(stream, line)) {
    const auto cells = split(line);
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i) {
      row[names[i]] = cells[i];
    }
  }
  return rows;
}

/// Sizes of the run's layer.
inline ita::TileCounts tiles_of(MeasuredRun& row) {
  const auto tiles = [&](const char* name) {
    return row.count(name) != 0 ? static_cast<std::uint32_t>(std::stoul(row[name])) / 64 : 1u;
  };
  return {tiles("S"), tiles("E"), tiles("P"), tiles("F")};
}

}  // namespace tessera::test
