/// The shapes of tokens that services hand out.
///
/// Lengths are those that the services document or use today, lower where a token that was cut off is
/// still worth hiding.
enum ProviderPatterns {
  /// Kind and shapes.
  static let all: [(kind: String, shapes: [String])] = code + clouds + models + services

  /// Forges, registries and builds.
  private static let code: [(kind: String, shapes: [String])] = [
    (
      "github-token",
      [
        "gh[pousr]_[A-Za-z0-9]{20,}", "github_pat_[A-Za-z0-9_]{30,}",
        // Since April 2026 an App's token, and that of a workflow, is its number and a signed token.
        "gh[pousr]_[A-Za-z0-9]{1,40}_eyJ[A-Za-z0-9_-]{8,}[.]?[A-Za-z0-9_-]*[.]?[A-Za-z0-9_-]*",
      ]
    ),
    (
      "gitlab-token",
      [
        "glpat-[A-Za-z0-9_.-]{20,}", "gldt-[A-Za-z0-9_-]{20,}", "glrt-[A-Za-z0-9_.-]{20,}",
        "glrtr-[A-Za-z0-9_.-]{20,}", "glptt-[A-Za-z0-9_-]{20,}", "glcbt-[A-Za-z0-9_-]{20,}",
        "glft-[A-Za-z0-9_-]{20,}", "glimt-[A-Za-z0-9_-]{20,}", "glagent-[A-Za-z0-9_-]{40,}",
        "glsoat-[A-Za-z0-9_-]{20,}", "gloas-[A-Za-z0-9_-]{40,}", "glffct-[A-Za-z0-9_-]{20,}",
        "GR1348941[A-Za-z0-9_-]{20,}",
      ]
    ),
    ("atlassian-token", ["AT[AC]TT3[A-Za-z0-9_=-]{60,}", "\\bATBB[A-Za-z0-9]{24,}"]),
    ("npm-token", ["npm_[A-Za-z0-9]{30,}"]),
    ("pypi-token", ["pypi-A[A-Za-z0-9_-]{50,}"]),
    ("rubygems-token", ["rubygems_[a-f0-9]{40,}"]),
    ("crates-token", ["\\bcio[A-Za-z0-9]{32}\\b"]),
    ("nuget-token", ["\\boy2[a-z0-9]{43}\\b"]),
    ("docker-token", ["dckr_pat_[A-Za-z0-9_-]{20,}", "dckr_oat_[A-Za-z0-9_-]{20,}"]),
    ("clojars-token", ["CLOJARS_[a-f0-9]{50,}"]),
    ("jfrog-token", ["\\bAKCp[A-Za-z0-9]{69}\\b", "\\bcmVmdGtuOj[A-Za-z0-9]{50,}"]),
    ("sonar-token", ["sq[upa]_[a-f0-9]{40}"]),
    ("buildkite-token", ["bkua_[a-f0-9]{40}"]),
    ("circleci-token", ["CCIPAT_[A-Za-z0-9_]{40,}", "CCIPRJ_[A-Za-z0-9_]{40,}"]),
    ("sentry-token", ["sntry[sua]_[A-Za-z0-9+/=_-]{50,}"]),
    ("grafana-token", ["glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}", "glc_eyJ[A-Za-z0-9+/=]{40,}"]),
    ("postman-token", ["PMAK-[a-f0-9]{24}-[a-f0-9]{34}"]),
    ("scalingo-token", ["tk-us-[A-Za-z0-9_-]{48}"]),
  ]

  /// Clouds and hosting.
  private static let clouds: [(kind: String, shapes: [String])] = [
    (
      "aws-key",
      [
        "\\bA[KS]IA[A-Z0-9]{16}\\b", "\\bABIA[A-Z0-9]{16}\\b", "\\bACCA[A-Z0-9]{16}\\b",
        "\\bABSK[A-Za-z0-9+/]{100,}[=]{0,2}",
      ]
    ),
    ("aws-token", ["FwoGZXIvYXdz[A-Za-z0-9+/=]{60,}", "IQoJb3JpZ2lu[A-Za-z0-9+/=]{60,}"]),
    (
      "gcp-token",
      [
        "AIza[A-Za-z0-9_-]{35}\\b", "\\bya29\\.[A-Za-z0-9_.-]{20,}", "GOCSPX-[A-Za-z0-9_-]{24,}",
        "\\b1//0[A-Za-z0-9_-]{80,}",
      ]
    ),
    ("digitalocean-token", ["do[opr]_v1_[a-f0-9]{50,}"]),
    ("heroku-token", ["HRKU-[A-Za-z0-9_-]{36,}"]),
    ("flyio-token", ["\\bfo1_[A-Za-z0-9_-]{40,}", "\\bfm[12][ar]?_[A-Za-z0-9+/=_-]{80,}"]),
    ("netlify-token", ["nfp_[A-Za-z0-9]{36,}"]),
    ("cloudflare-token", ["\\bcf[ua]t_[A-Za-z0-9]{36,}", "\\bv1\\.0-[a-f0-9]{24}-[a-f0-9]{100,}"]),
    ("render-token", ["\\brnd_[A-Za-z0-9]{28,}"]),
    ("supabase-token", ["\\bsbp_[a-f0-9]{40}", "sb_secret_[A-Za-z0-9_-]{20,}"]),
    (
      "planetscale-token",
      [
        "pscale_tkn_[A-Za-z0-9_.=-]{30,}", "pscale_pw_[A-Za-z0-9_.=-]{30,}",
        "pscale_oauth_[A-Za-z0-9_.=-]{30,}",
      ]
    ),
    ("databricks-token", ["\\bdapi[a-f0-9]{32}"]),
    ("doppler-token", ["\\bdp\\.[a-z]{2,6}\\.[A-Za-z0-9._-]{36,}"]),
    ("vault-token", ["\\bhv[sbr]\\.[A-Za-z0-9_-]{24,}"]),
    ("pulumi-token", ["\\bpul-[a-f0-9]{40}"]),
    ("age-key", ["AGE-SECRET-KEY-1[A-Za-z0-9]{40,}"]),
    ("onepassword-token", ["ops_eyJ[A-Za-z0-9+/=_-]{100,}"]),
    ("tailscale-token", ["tskey-[a-z]{3,10}-[A-Za-z0-9_-]{20,}"]),
    ("openshift-token", ["sha256~[A-Za-z0-9_-]{43}"]),
    ("alibaba-key", ["\\bLTAI[A-Za-z0-9]{12,24}\\b"]),
    ("tencent-key", ["\\bAKID[A-Za-z0-9]{32}\\b"]),
    ("yandex-token", ["\\bAQVN[A-Za-z0-9_-]{35,38}\\b", "\\by0_[A-Za-z0-9_-]{50,}"]),
  ]

  /// Models.
  private static let models: [(kind: String, shapes: [String])] = [
    ("anthropic-key", ["sk-ant-[A-Za-z0-9_-]{20,}"]),
    (
      "openai-key",
      [
        "sk-proj-[A-Za-z0-9_-]{20,}", "sk-svcacct-[A-Za-z0-9_-]{20,}",
        "sk-admin-[A-Za-z0-9_-]{20,}", "sk-None-[A-Za-z0-9_-]{20,}", "\\bsk-[A-Za-z0-9]{30,}",
        "\\bsess-[A-Za-z0-9]{40}\\b",
      ]
    ),
    ("openrouter-key", ["sk-or-v1-[a-f0-9]{40,}"]),
    ("huggingface-token", ["\\bhf_[A-Za-z0-9]{28,}", "api_org_[A-Za-z0-9]{30,}"]),
    ("groq-key", ["\\bgsk_[A-Za-z0-9]{40,}"]),
    ("xai-key", ["\\bxai-[A-Za-z0-9]{60,}"]),
    ("perplexity-key", ["pplx-[A-Za-z0-9]{40,}"]),
    ("replicate-token", ["\\br8_[A-Za-z0-9]{36,}"]),
    ("elevenlabs-key", ["\\bsk_[a-f0-9]{48}\\b"]),
    ("langsmith-key", ["lsv2_[ps][tk]_[A-Za-z0-9_]{30,}"]),
    ("langfuse-key", ["sk-lf-[a-f0-9-]{36}"]),
    ("tavily-key", ["tvly-[A-Za-z0-9_-]{28,}"]),
    ("pinecone-key", ["pcsk_[A-Za-z0-9_]{50,}"]),
    ("cerebras-key", ["\\bcsk-[a-z0-9]{40,}"]),
    ("nvidia-key", ["nvapi-[A-Za-z0-9_-]{50,}"]),
  ]

  /// Everything else.
  private static let services: [(kind: String, shapes: [String])] = [
    (
      "slack-token",
      [
        "xox[abcdeoprs]-[A-Za-z0-9%_.-]{18,}", "xapp-[0-9]-[A-Za-z0-9-]{20,}",
        "hooks\\.slack\\.com/[a-z]{5,12}/[A-Za-z0-9/]{20,}",
        "hooks\\.slack\\.com\\\\/[a-z]{5,12}\\\\/[A-Za-z0-9]{8,}\\\\/[A-Za-z0-9]{8,}\\\\/[A-Za-z0-9]{16,}",
      ]
    ),
    (
      "discord-token",
      [
        "discord\\.com/api/webhooks/[0-9]{10,}/[A-Za-z0-9_-]{40,}",
        "discordapp\\.com/api/webhooks/[0-9]{10,}/[A-Za-z0-9_-]{40,}",
      ]
    ),
    ("teams-webhook", ["webhook\\.office\\.com/webhookb2/[A-Za-z0-9@-]{60,}/[A-Za-z0-9/-]{60,}"]),
    (
      "stripe-key",
      ["[rs]k_live_[A-Za-z0-9]{16,}", "[rs]k_test_[A-Za-z0-9]{16,}", "whsec_[A-Za-z0-9+/=]{24,}"]
    ),
    ("sendgrid-key", ["\\bSG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}"]),
    ("mailgun-key", ["\\bkey-[a-f0-9]{32}\\b"]),
    ("brevo-key", ["xkeysib-[a-f0-9]{40,}", "xsmtpsib-[a-f0-9]{40,}"]),
    ("shopify-token", ["shp[a-z]{2,3}_[a-fA-F0-9]{32}"]),
    ("square-token", ["sq0[a-z]{3}-[A-Za-z0-9_-]{22,}"]),
    ("flutterwave-key", ["FLWSECK[A-Z_]{0,6}-[a-h0-9]{12,}"]),
    ("plaid-token", ["access-sandbox-[a-f0-9-]{36}", "access-production-[a-f0-9-]{36}"]),
    ("newrelic-key", ["NRAK-[A-Z0-9]{27}", "NRII-[A-Za-z0-9-]{32}", "NRJS-[a-f0-9]{19}"]),
    ("dynatrace-token", ["dt0[a-z]01\\.[A-Z0-9]{24}\\.[A-Z0-9]{60,}"]),
    ("linear-token", ["lin_api_[A-Za-z0-9]{32,}", "lin_oauth_[A-Za-z0-9]{32,}"]),
    ("notion-token", ["\\bntn_[A-Za-z0-9]{40,}", "\\bsecret_[A-Za-z0-9]{43}\\b"]),
    ("airtable-token", ["\\bpat[A-Za-z0-9]{14}\\.[a-f0-9]{64}"]),
    ("figma-token", ["figd_[A-Za-z0-9_-]{36,}"]),
    ("contentful-token", ["CFPAT-[A-Za-z0-9_-]{40,}"]),
    ("typeform-token", ["\\btfp_[A-Za-z0-9_.=-]{50,}"]),
    ("dropbox-token", ["\\bsl\\.[A-Za-z0-9_.-]{100,}"]),
    ("facebook-token", ["EAACEdEose0cBA[A-Za-z0-9]{20,}"]),
    ("prefect-token", ["\\bpn[ub]_[A-Za-z0-9]{36}\\b"]),
    ("easypost-key", ["\\bEZ[AT]K[A-Za-z0-9]{54}\\b"]),
    ("shippo-token", ["shippo_live_[a-f0-9]{40}", "shippo_test_[a-f0-9]{40}"]),
    ("duffel-token", ["duffel_live_[A-Za-z0-9_-]{43}", "duffel_test_[A-Za-z0-9_-]{43}"]),
    ("readme-token", ["rdme_[a-z0-9]{70}"]),
    ("infracost-key", ["\\bico-[A-Za-z0-9]{32}\\b"]),
    ("mapbox-token", ["\\bsk\\.eyJ[A-Za-z0-9_-]{40,}\\.[A-Za-z0-9_-]{16,}"]),
    ("password-hash", ["\\$2[aby]\\$[0-9]{2}\\$[A-Za-z0-9./]{53}"]),
  ]
}
