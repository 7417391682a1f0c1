#include "http/page.hpp"

#include <algorithm>

namespace tributary::http {

const PageFile* page_file(std::string_view path) {
  const auto found = std::ranges::find(page_files(), path, &PageFile::path);
  return found == page_files().end() ? nullptr : &*found;
}

Response page_response(const PageFile& file) {
  return {200,
          std::string(file.content_type),
          std::string(file.text),
          {{kSecurityPolicy,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"}},
          {}};
}

}  // namespace tributary::http
