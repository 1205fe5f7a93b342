// SPDX-License-Identifier: Apache-2.0
#include "platform/observe/output_file.h"

#include "models/base/error.h"
#include "models/base/host_error.h"

namespace tessera {

OutputFile::OutputFile(const std::string& path)
    : path_(path), file_(std::fopen(path.c_str(), "wb")) {
  if (!file_) {
    throw ConfigError(path, "cannot write" + host_reason());
  }
}

void OutputFile::write(const char* bytes, std::size_t count) {
  is_bad_ = is_bad_ || std::fwrite(bytes, 1, count, &*file_) != count;
  bytes_written_ += count;
}

void OutputFile::flush() {
  is_bad_ = std::fflush(&*file_) != 0 || is_bad_;
}

void OutputFile::close() {
  is_bad_ = std::fclose(file_.release()) != 0 || is_bad_;
  if (is_bad_) {
    throw ConfigError(path_, "cannot write all of it");
  }
}

}  // namespace tessera
