// VaultStore: HashiCorp Vault and OpenBao: KV version 2 and dynamic credentials, with a token or
// AppRole (the HTTP API that both document).
//
// A reference is the path below /v1/ and a field: "secret/data/llm#key" (KV version 2),
// "database/creds/app#password" (dynamic). The fields of one lease are of one answer, and a lease
// is one owner's: it is renewed at two thirds of its life when it is used, replaced at its end, and
// given back when the owner ends. What a keeper that was killed had leased is given back after the
// next login.
// What it does not protect from: a token that may do more than it needs. Threads: one thread.
#pragma once

#include <map>
#include <optional>

#include "secrets/lease_book.h"
#include "secrets/secret_store.h"
#include "wire/json.h"

namespace hs::secrets {

class VaultStore : public SecretStore {
  public:
    static constexpr std::size_t leases_max = 256;
    struct Login {
        std::string role_id;             // empty: the credential is a token
        crypto::SecretBytes credential;  // token, or AppRole's secret id
        std::string name_space;          // X-Vault-Namespace
    };
    VaultStore(RemoteParts parts, Login login, LeaseBook book = {})
        : parts_(std::move(parts)), login_(std::move(login)), book_(std::move(book)) {}

    base::Result<crypto::SecretBytes> fetch(const std::string& reference, const std::string& owner,
                                            const StoreWait& wait) override;
    base::Result<> end(const std::string& owner, const StoreWait& wait) override;
    base::Result<> close(const StoreWait& wait) override;
    std::size_t leases() const override { return leases_.size(); }

  private:
    using Instant = std::chrono::steady_clock::time_point;
    struct Life {
        std::int64_t span_s = 0;  // 0: it has no end
        bool renewable = false;
        Instant since;
    };
    struct Token {
        crypto::SecretBytes value;
        Life life;
    };
    struct Lease {
        std::string id;
        Life life;
        std::map<std::string, crypto::SecretBytes> fields;
    };
    using LeaseKey = std::pair<std::string, std::string>;  // owner, path
    struct Question {
        std::string method;
        std::string path;
        wire::Json body = {};
    };

    base::Result<wire::Json> ask(Question question, const StoreWait& wait);
    base::Result<wire::Json> ask_logged_in(const Question& question, const StoreWait& wait);
    base::Result<> log_in(const StoreWait& wait);
    base::Result<> log_in_by_role(const StoreWait& wait);
    base::Result<> look_at_given_token(const StoreWait& wait);
    base::Result<> keep_token(const StoreWait& wait);
    base::Result<> renew_token(const StoreWait& wait);
    // Whether the lease can be used as it is or after a renewal.
    bool keep_lease(Lease& lease, const StoreWait& wait);
    base::Result<> revoke(const Lease& lease, const StoreWait& wait);
    base::Result<> revoke_twice(const Lease& lease, const StoreWait& wait);
    base::Result<> note_leases();
    void give_back_left(const StoreWait& wait);
    base::Result<Life> life_of(const wire::Json& answer, std::string_view span,
                               Instant since) const;
    // How much of a life is over, in thirds; 3: all of it.
    int thirds_over(const Life& life) const;
    base::Result<crypto::SecretBytes> field_of(const wire::Json& fields,
                                               const StoreReference& wanted) const;

    RemoteParts parts_;
    Login login_;
    std::optional<Token> token_;
    std::map<LeaseKey, Lease> leases_;
    LeaseBook book_;
};

}  // namespace hs::secrets
