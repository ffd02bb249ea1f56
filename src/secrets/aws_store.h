// AwsStore: AWS Secrets Manager: GetSecretValue (AWS Secrets Manager API Reference), signed by
// secrets/sigv4.h.
//
// A reference is the secret's name or ARN, and the member of its JSON object: "llm/key",
// "llm/keys#openai". What it does not protect from: credentials that may read more than they need.
// Threads: one thread.
#pragma once

#include "secrets/secret_store.h"
#include "secrets/sigv4.h"

namespace hs::secrets {

class AwsStore : public SecretStore {
  public:
    AwsStore(RemoteParts parts, AwsCredentials credentials, std::string region, std::string host)
        : parts_(std::move(parts)),
          credentials_(std::move(credentials)),
          region_(std::move(region)),
          host_(std::move(host)) {}
    base::Result<crypto::SecretBytes> fetch(const std::string& reference, const std::string& owner,
                                            const StoreWait& wait) override;

  private:
    StoreRequest request_for(const std::string& secret_id) const;
    base::Result<crypto::SecretBytes> field_of(const std::string& text,
                                               const StoreReference& wanted) const;
    RemoteParts parts_;
    AwsCredentials credentials_;
    std::string region_;
    std::string host_;  // as the Host field says it
};

}  // namespace hs::secrets
