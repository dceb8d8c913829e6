#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fhir/auth/issued_token.h"
#include "net/http_client.h"

namespace isocenter::fhir {

/// The fields of a token request, in order.
using Form = std::vector<std::pair<std::string, std::string>>;
/// Makes the fields of a request sent at that time.
using Grant = std::function<Result<Form>(std::int64_t now)>;

/// Asks the OAuth 2.0 token endpoint `uri`. `sender` outlives the function.
TokenFetch ask_token_endpoint(net::HttpSender& sender, std::string uri, Grant grant);

}  // namespace isocenter::fhir
