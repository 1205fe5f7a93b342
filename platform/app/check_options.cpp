// SPDX-License-Identifier: Apache-2.0
#include "platform/app/check_options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "models/base/observers.h"
#include "platform/app/exit_code.h"

namespace tessera::app {

void add_check_options(CLI::App& app, CheckOptions& options) {
  CLI::Option* check =
      app.add_option_function<std::string>(
             "--check",
             [&options](const std::string& what) {
               if (what != "offload") {
                 throw UsageError(
                     fmt::format("--check: '{}' is no check; there is: offload", what));
               }
               if (!kHasObservers) {
                 throw UsageError("--check: this build has no observers (TESSERA_OBSERVERS=OFF)");
               }
               options.offload = true;
             },
             "offload: report accesses of harts and devices to the same bytes in no order, results "
             "and input that nobody reads, memory that nobody has written or allocated, stale "
             "registers, lost wake-ups, and runs that end too early")
          ->type_name("WHAT");
  app.add_option("--check-suppressions", options.suppressions,
                 "patterns of findings that are not reported, one per line")
      ->type_name("FILE")
      ->needs(check);
}

}  // namespace tessera::app
