package secret

import "bytes"

// formatKeywords find formats that consist of more than a prefix.
func formatKeywords() []keyword {
	return []keyword{
		{"sg.", "sendgrid-key", parts("SG.", part{urlSafe, 16, 32}, part{urlSafe, 32, 64})},
		{"eyj", "jwt", jsonWebToken},
		{".atlasv1.", "terraform-token", around(alnum, 14, ".atlasv1.", urlSafe, 60, 70)},
		{"t3blbkfj", "openai-key", around(urlSafe, 20, "T3BlbkFJ", urlSafe, 20, 100)},
		{"azdo", "azure-devops-token", around(alnum, 76, "AZDO", alnum, 4, 4)},
		{"8q~", "azure-client-secret", around(dotted, 3, "8Q~", classOf(digits, lowers, uppers, "_-.~"), 31, 34)},
		{"-us", "mailchimp-key", around(hexClass, 32, "-us", digit, 1, 2)},
		{":aa", "telegram-token", telegram},
		{"accountkey=", "azure-storage-key", after(base64Class, 88, 88)},
		{"sharedaccesskey=", "azure-shared-key", after(base64Class, 44, 44)},
		{"sig=", "azure-sas", after(classOf(digits, lowers, uppers, "%+/="), 44, 60)},
		{"hooks.slack.com/services/", "slack-webhook", after(classOf(digits, uppers, lowers, "/"), 40, 80)},
		{"hooks.slack.com/workflows/", "slack-webhook", after(classOf(digits, uppers, lowers, "/"), 40, 120)},
		{"/api/webhooks/", "discord-webhook", after(classOf(digits, uppers, lowers, "/_-"), 70, 120)},
		{"_auth=", "npm-auth", after(base64Class, 12, 512)},
		{"bearer ", "bearer-token", after(classOf(digits, lowers, uppers, "_-.~+/="), 20, 4096)},
		{"authorization: basic ", "basic-auth", after(base64Class, 12, 512)},
		{"basic ", "basic-auth", encodedPair},
		{"sk.eyj", "mapbox-token", parts("sk.eyJ", part{urlSafe, 40, 300}, part{urlSafe, 20, 30})},
		{"pat.", "harness-token", parts("pat.", part{urlSafe, 22, 22}, part{alnum, 24, 24}, part{alnum, 20, 20})},
		{":apa91b", "firebase-key", around(urlSafe, 11, ":APA91b", urlSafe, 120, 160)},
		{"access_token$", "braintree-token", after(classOf(digits, lowers, "$"), 40, 60)},
		{"x-amz-signature=", "signed-url", after(hexClass, 64, 64)},
		{"x-goog-signature=", "signed-url", after(hexClass, 128, 1024)},
		{"webhook.office.com/", "teams-webhook", after(classOf(digits, lowers, uppers, "/@-"), 80, 300)},
		{"hooks.zapier.com/hooks/catch/", "zapier-webhook", after(classOf(digits, lowers, uppers, "/"), 12, 40)},
		{"/with/key/", "ifttt-webhook", after(urlSafe, 20, 60)},
		{"/open-apis/bot/v2/hook/", "lark-webhook", after(hexDash, 36, 36)},
		{"/cgi-bin/webhook/send?key=", "wecom-webhook", after(hexDash, 36, 36)},
		{"client.login(", "discord-token", discord}, {"bot.login(", "discord-token", discord},
		{"client.run(", "discord-token", discord}, {"bot.run(", "discord-token", discord},
		{"authorization: bot ", "discord-token", discord},
	}
}

// discord matches a bot's token: the bot's number in base64, a time, and a signature.
func discord(text []byte, _, end int) (span, bool) {
	if end < len(text) && (text[end] == '"' || text[end] == '\'') {
		end++
	}
	stop := dotted.run(text, end, 100)
	all := bytes.Split(text[end:stop], []byte("."))
	if len(all) != 3 || len(all[0]) < 18 || len(all[0]) > 30 || len(all[1]) != 6 || len(all[2]) < 27 || len(all[2]) > 40 || !random(text[end:stop]) {
		return span{}, false
	}
	return span{start: end, end: stop}, true
}
