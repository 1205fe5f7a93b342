// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/units.h"
#include "platform/observe/symbol_table.h"
#include "platform/observe/trace.h"
#include "platform/soc.h"
#include "platform/soc_config.h"

namespace CLI {
class App;
}

namespace tessera::app {

/// What traces a run writes.
struct TraceOptions {
  std::optional<TraceOption> commit_log;
  std::optional<TraceOption> timeline;
  std::optional<TraceOption> bus_trace;
  std::optional<TraceOption> wave;
};
/// --commit-log, --timeline, --bus-trace, --wave.
void add_trace_options(CLI::App& app, TraceOptions& options);

/// The traces of one run.
class Traces {
 public:
  /// `soc` and `symbols` outlive them. Throws UsageError when a window shows nobody.
  Traces(const TraceOptions& options, Soc& soc, const SymbolTable& symbols);

  /// Opens the files, which end those of earlier runs, and attaches the traces: call it when
  /// nothing else can be wrong, and before anything is loaded. Throws ConfigError.
  void open(const SocConfig& config);
  void region(const RegionMark& mark);
  /// Called every now and then inside the run.
  void poll(Cycles cycle);
  /// How many there are.
  std::size_t count() const { return traces_.size(); }
  /// They show nothing while they are off, from `cycle` on. Initially on.
  void switch_on(bool is_on, Cycles cycle);
  /// Which of them left a part of the run out because they came to their limit, one line each.
  std::vector<std::string> full_ones() const;
  /// Completes all files, and returns what could not be written.
  std::vector<std::string> finish(Cycles cycle);

 private:
  struct Named {
    std::string option;  ///< that asked for it
    std::unique_ptr<Trace> trace;
  };
  const TraceOptions options_;
  Soc& soc_;
  const SymbolTable& symbols_;
  std::vector<Named> traces_;
};

}  // namespace tessera::app
