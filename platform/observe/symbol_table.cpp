// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/symbol_table.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace tessera {

namespace {

/// Functions of symbols that are sorted by address, then size.
std::vector<CodeRange> functions_of(const std::vector<ElfSymbol>& symbols) {
  std::vector<CodeRange> functions;
  bool has_size = false;  // of the last one
  for (const ElfSymbol& symbol : symbols) {
    if (symbol.address >= symbol.code_end) {
      continue;
    }
    const std::uint64_t end =
        symbol.bytes > 0 ? std::uint64_t{symbol.address} + symbol.bytes : symbol.code_end;
    CodeRange* last = functions.empty() ? nullptr : &functions.back();
    const bool is_inside = last != nullptr && symbol.address < last->end;
    if (is_inside && last->begin == symbol.address) {
      // Of several names for one address the one with a size, a function, comes last and is taken.
      *last = {symbol.name, symbol.address, end};
      has_size = symbol.bytes > 0;
    } else if (!is_inside || !has_size) {
      if (is_inside) {
        last->end = symbol.address;  // a label without size ends here
      }
      functions.push_back({symbol.name, symbol.address, end});
      has_size = symbol.bytes > 0;
    }
  }
  return functions;
}

/// The last element whose begin is not above `address`; null: none.
template <typename Element, typename Begin>
const Element* last_not_above(const std::vector<Element>& elements, std::uint32_t address,
                              Begin begin) {
  const auto next = std::upper_bound(
      elements.begin(), elements.end(), address,
      [&](std::uint32_t value, const Element& element) { return value < begin(element); });
  return next == elements.begin() ? nullptr : &*std::prev(next);
}

std::string with_offset(const std::string& name, std::uint32_t offset) {
  return offset == 0 ? name : fmt::format("{}+0x{:x}", name, offset);
}

}  // namespace

SymbolTable::SymbolTable(std::vector<ElfSymbol> symbols) : symbols_(std::move(symbols)) {
  std::stable_sort(symbols_.begin(), symbols_.end(), [](const auto& a, const auto& b) {
    return std::tie(a.address, a.bytes) < std::tie(b.address, b.bytes);
  });
  functions_ = functions_of(symbols_);
}

const CodeRange* SymbolTable::function_at(std::uint32_t address) const {
  const CodeRange* function =
      last_not_above(functions_, address, [](const CodeRange& each) { return each.begin; });
  return function != nullptr && address < function->end ? function : nullptr;
}

std::string SymbolTable::describe(std::uint32_t address) const {
  const CodeRange* function = function_at(address);
  return function == nullptr ? "" : with_offset(function->name, address - function->begin);
}

std::string SymbolTable::describe_nearest(std::uint32_t address) const {
  std::string code = describe(address);
  if (!code.empty()) {
    return code;
  }
  const ElfSymbol* symbol =
      last_not_above(symbols_, address, [](const ElfSymbol& each) { return each.address; });
  if (symbol == nullptr || address - symbol->address >= symbol->bytes + kNearBytes) {
    return "";
  }
  const std::uint32_t offset = address - symbol->address;
  return offset < symbol->bytes || offset == 0
             ? with_offset(symbol->name, offset)
             : fmt::format("0x{:x} bytes behind {}", offset - symbol->bytes, symbol->name);
}

std::optional<std::uint32_t> SymbolTable::find(const std::string& name) const {
  const auto symbol = std::find_if(symbols_.begin(), symbols_.end(),
                                   [&](const auto& entry) { return entry.name == name; });
  return symbol == symbols_.end() ? std::nullopt : std::optional(symbol->address);
}

std::vector<std::string> SymbolTable::names() const {
  std::vector<std::string> names;
  for (const ElfSymbol& symbol : symbols_) {
    names.push_back(symbol.name);
  }
  return names;
}

}  // namespace tessera
