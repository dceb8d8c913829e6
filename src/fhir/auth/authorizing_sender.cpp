#include "fhir/auth/authorizing_sender.h"

namespace isocenter::fhir {
namespace {

net::HttpRequest with_token(net::HttpRequest request, const std::string& token) {
    request.headers.emplace_back("Authorization", "Bearer " + token);
    return request;
}

}  // namespace

Result<net::HttpReply> AuthorizingSender::send(const net::HttpRequest& request) {
    if (tokens_ == nullptr) return sender_.send(request);
    ISO_TRY(const std::string token, tokens_->token());
    auto reply = sender_.send(with_token(request, token));
    if (!reply || reply->status != 401) return reply;
    tokens_->discard(token);
    ISO_TRY(const std::string renewed, tokens_->token());
    return sender_.send(with_token(request, renewed));
}

}  // namespace isocenter::fhir
