package secret

import "slices"

// rules returns the keywords of all rules.
func rules() []keyword {
	return slices.Concat(
		[]keyword{
			{"private key", "private-key", privateKey},
			{"private-lines:", "private-key", puttyKey},
			{"://", "url-password", urlPassword},
			{"@tcp(", "url-password", dsnPassword},
			{"leat_", "leat-token", leatToken},
		},
		tokenKeywords(), formatKeywords(), credentialKeywords(), commandKeywords(), assignKeywords(),
	)
}
