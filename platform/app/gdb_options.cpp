// SPDX-License-Identifier: Apache-2.0
#include "platform/app/gdb_options.h"

#include <variant>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "models/base/text.h"
#include "platform/app/cli_values.h"
#include "platform/app/exit_code.h"

namespace tessera::app {

void read_gdb_address(const std::string& text, GdbOptions& options) {
  if (options.is_wanted) {
    throw UsageError("--gdb: given twice, and a run has one server");
  }
  const std::string expected =
      fmt::format("--gdb: expected [host:]port[,wait] with a port up to 65535, got '{}'", text);
  std::string address = text;
  const std::size_t comma = address.find(',');
  options.waits = comma != std::string::npos;
  if (options.waits && address.substr(comma) != ",wait") {
    throw UsageError(expected);
  }
  address = address.substr(0, comma);
  const std::size_t colon = address.rfind(':');
  std::string host = colon == std::string::npos ? "" : address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {  // "[::1]:3333"
    host = host.substr(1, host.size() - 2);
  }
  const auto number =
      parse_unsigned(colon == std::string::npos ? address : address.substr(colon + 1));
  const auto* const port = std::get_if<std::uint64_t>(&number);
  if (port == nullptr || *port > 0xffff) {
    throw UsageError(expected);
  }
  options.is_wanted = true;
  options.port = static_cast<std::uint16_t>(*port);
  options.host = host.empty() ? options.host : host;
}

void add_gdb_options(CLI::App& app, GdbOptions& options) {
  CLI::Option* gdb = add_value(
      app, "--gdb", "[HOST:]PORT[,wait]",
      "serve GDB on this port (0: any that is free) of this host (without: of this machine "
      "only); wait: until GDB has come, before the first instruction",
      [&options](const std::string& text) { read_gdb_address(text, options); });
  app.add_option("--gdb-harts", options.harts, "harts that GDB sees as threads: 0-3,17")
      ->type_name("LIST")
      ->needs(gdb)
      ->check([](const std::string& text) { return text.empty() ? "names no hart" : ""; }, "", "");
  app.add_option("--gdb-handover", options.handover)->group("");  // this program's own
}

}  // namespace tessera::app
