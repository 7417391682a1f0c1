#pragma once

#include <string_view>
#include <vector>

#include "http/exchange.hpp"

namespace tributary::http {

/// One file of the page, as it is in web/.
struct PageFile {
  std::string_view path;  ///< "/" for index.html
  std::string_view content_type;
  std::string_view text;
};

/// All of them, embedded at build time (cmake/EmbedPage.cmake).
const std::vector<PageFile>& page_files();

/// The one at that path; null: none.
const PageFile* page_file(std::string_view path);

/// With a policy that lets it use its own files, ask this server, and nothing else.
Response page_response(const PageFile& file);

}  // namespace tributary::http
