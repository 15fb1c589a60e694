package secret

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// planted is a file in which people leave a secret. Its text has %s in place of the secret.
type planted struct {
	kind, file, secret string
}

func (g generator) base64(n int) string { return base64.StdEncoding.EncodeToString(g.bytes(n)) }

func (g generator) base64url(n int) string { return base64.RawURLEncoding.EncodeToString(g.bytes(n)) }

func (g generator) uuid() string {
	return g.of(hexes, 8) + "-" + g.of(hexes, 4) + "-4" + g.of(hexes, 3) + "-b" + g.of(hexes, 3) + "-" + g.of(hexes, 12)
}

// padded returns base64 of at most 48 characters that ends in one equals sign.
func (g generator) padded() string { return g.base64(11 + 3*g.IntN(8)) }

func encoded(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// pem returns a private key in the form that programs write.
func (g generator) pem(label string) string {
	return "-----BEGIN " + label + "-----\n" + wrap(g.base64(1190), 64, "\n") + "\n-----END " + label + "-----\n"
}

const uppersDigits = uppers + digits

// files returns secrets in the files and commands that hold them. Each kind is documented by a provider or a program.
func (g generator) files() []planted {
	wordpress := func() string { return g.of(base62+"!@#^&*()-_ {}|~+=,.:/?", 64) }
	return []planted{
		// Kubernetes and containers.
		{"kubernetes secret", "data:\n  password: %s\n  other: MQ==\n", g.padded()},
		{"kubernetes secret", "data:\n  api-token: %s\nkind: Secret\n", g.padded()},
		{"kubernetes tls key", "data:\n  tls.key: %s\n  a: b\n", encoded(g.pem("RSA PRIVATE KEY"))},
		{"kubeconfig client key", "users:\n- user:\n    client-key-data: %s\n", encoded(g.pem("EC PRIVATE KEY"))},
		{"kubeconfig token", "users:\n- user:\n    token: %s\n", g.jwt()},
		{"kubernetes environment", "env:\n- name: DB_PASSWORD\n  value: %s\n- name: A\n", g.password()},
		{"kubernetes environment", "env:\n- name: API_TOKEN\n  value: \"%s\"\n", g.key()},
		{"task definition", "{\"environment\": [{\"name\": \"DB_PASSWORD\", \"value\": \"%s\"}]}\n", g.password()},
		{"docker auth", "{\"auths\": {\"r.example\": {\"auth\": \"%s\"}}}\n", encoded("robot:" + g.password())},
		{"docker identity token", "{\"auths\": {\"r\": {\"identitytoken\": \"%s\"}}}\n", g.key()},
		{"docker config secret", "data:\n  .dockerconfigjson: %s\n", encoded("{\"auths\":{\"r\":{\"auth\":\"" + g.of(base62, 40) + "\"}}}")},
		{"dockerfile", "FROM a\nENV DB_PASSWORD %s\nRUN b\n", g.password()},
		{"dockerfile", "FROM a\nARG NPM_TOKEN=%s\n", g.key()},
		{"compose", "environment:\n  MYSQL_ROOT_PASSWORD: %s\n  A: b\n", g.password()},
		{"compose", "environment:\n  - POSTGRES_PASSWORD=%s\n  - A=b\n", g.password()},
		// Files of settings.
		{"environment pass", "SMTP_HOST=a\nSMTP_PASS=%s\nA=b\n", g.password()},
		{"environment pass", "export DB_PASS='%s'\n", g.password()},
		{"environment pw", "MYSQL_PW=%s\n", g.password()},
		{"environment app key", "APP_KEY=base64:%s\nA=b\n", g.base64(32)},
		{"ansible", "h ansible_host=a ansible_ssh_pass=%s\n", g.password()},
		{"ansible", "ansible_become_password: %s\n", g.password()},
		{"netrc", "machine api.example\n  login bob\n  password %s\n", g.password()},
		{"netrc", "machine h login bob password %s\nmachine x\n", g.password()},
		{"netrc", "write(\"machine h login bob password %s\\n\")\n", g.of(base62, 16)},
		{"pgpass", "db.example:5432:app:bob:%s\n", g.password()},
		{"pgpass", "localhost:*:*:bob:%s\n", g.password()},
		{"my.cnf", "[client]\nuser=a\npassword=%s\n", g.password()},
		{"npmrc", "//registry.npmjs.org/:_authToken=%s\n", g.uuid()},
		{"npmrc", "_auth=%s\n", encoded("bob:" + g.password())},
		{"pypirc", "[pypi]\nusername = a\npassword = %s\n", g.password()},
		{"git credentials", "https://bob:%s@git.example\n", g.of(base62, 20)},
		{"maven settings", "<server><username>a</username><password>%s</password></server>\n", g.password()},
		{"gradle signing", "android {\n  storePassword '%s'\n  keyAlias 'a'\n}\n", g.password()},
		{"gradle signing", "    keyPassword \"%s\"\n", g.password()},
		{"gradle properties", "signing.password=%s\n", g.password()},
		{"nuget config", "<add key=\"ClearTextPassword\" value=\"%s\" />\n", g.password()},
		{"web.config", "<machineKey validationKey=\"%s\" validation=\"SHA1\" />\n", g.of(hexes, 64)},
		{"web.config", "<machineKey decryptionKey=\"%s\" />\n", g.of(hexes, 48)},
		{"connection string", "Server=a;User Id=b;Password=%s;\n", g.password()},
		{"wordpress", "define('DB_PASSWORD', '%s');\n", g.password()},
		{"wordpress salt", "define('AUTH_KEY', '%s');\n", wordpress()},
		{"wordpress salt", "define('NONCE_SALT', '%s');\n", wordpress()},
		{"django", "SECRET_KEY = 'django-insecure-%s'\n", g.of(lowAlnumSet+"!@#^&*-_=+", 42)},
		{"rails", "production:\n  secret_key_base: %s\n", g.of(hexes, 128)},
		{"laravel", "'key' => 'a',\n'app_key' => '%s',\n", g.base64(32)},
		{"phoenix", "config :a, secret_key_base: \"%s\"\n", g.base64(48)},
		{"terraform variable", "variable \"db_password\" {\n  type    = string\n  default = \"%s\"\n}\n", g.password()},
		{"terraform variables", "db_password = \"%s\"\n", g.password()},
		{"plist", "<key>ApiToken</key>\n<string>%s</string>\n", g.key()},
		{"filezilla", "<Pass encoding=\"base64\">%s</Pass>\n", encoded(g.password() + g.password())},
		{"rclone", "[r]\ntype = sftp\npass = %s\n", g.base64url(24)},
		{"redis.conf", "bind a\nrequirepass %s\nport 1\n", g.password()},
		{"slapd", "rootdn a\nrootpw %s\n", g.password()},
		{"ldap", "binddn a\nbindpw %s\n", g.password()},
		{"wpa supplicant", "network={\n  ssid=\"a\"\n  psk=\"%s\"\n}\n", g.password()},
		{"hostapd", "wpa_passphrase=%s\n", g.password()},
		{"router", "enable secret 5 $1$%s\n", g.of(base62, 4) + "$" + g.of(base62, 22)},
		{"router", "snmp-server community %s RO\n", g.password()},
		{"wireguard", "[Interface]\nPrivateKey = %s\nAddress = a\n", g.base64(32)},
		{"wireguard", "[Peer]\nPresharedKey = %s\nAllowedIPs = a\n", g.base64(32)},
		{"openvpn", "-----BEGIN OpenVPN Static key V1-----\n%s\n-----END OpenVPN Static key V1-----\n", g.of(hexes, 64)},
		{"htpasswd", "bob:$apr1$%s\n", g.of(base62, 8) + "$" + g.of(base62, 22)},
		{"htpasswd", "bob:$2y$05$%s\n", g.of(base62, 53)},
		{"htpasswd", "bob:{SHA}%s\n", g.base64(20)},
		{"shadow", "bob:$6$%s:18000:0:99999:7:::\n", g.of(base62, 16) + "$" + g.of(base62, 86)},
		{"shadow", "bob:$y$j9T$%s:19000::::::\n", g.of(base62, 22) + "$" + g.of(base62, 43)},
		// The same kinds in other spellings.
		{"k8s crlf", "data:\r\n  password: %s\r\n  other: MQ==\r\n", g.padded()},
		{"k8s eof", "data:\n  password: %s", g.padded()},
		{"k8s quoted", "data:\n  password: \"%s\"\n  a: b\n", g.padded()},
		{"k8s two", "data:\n  secret: %s # old\n  a: b\n", g.padded()},
		{"k8s json", "{\"data\":{\"password\":\"%s\"},\"kind\":\"Secret\"}\n", g.padded()},
		{"k8s stringData", "stringData:\n  db-pass: %s\n  a: b\n", g.password()},
		{"pass yaml", "db:\n  DB_PASS: \"%s\"\n", g.password()},
		{"pass props", "db.pass=%s\n", g.password()},
		{"pass php", "$db_pass = '%s';\n", g.password()},
		{"pass hash", "  smtp_pass => \"%s\",\n", g.password()},
		{"pass continued", "MAIL_PASS='%s' \\\n  run\n", g.password()},
		{"pass bind", "LDAP_BIND_PASS=%s\n", g.password()},
		{"pass set", "set DB_PASS=%s\n", g.password()},
		{"pass fish", "set -x DB_PASS %s\n", g.password()},
		{"pass setenv", "setenv DB_PASS %s\n", g.password()},
		{"pass ps", "$env:DB_PASS = \"%s\"\n", g.password()},
		{"pass systemd", "Environment=\"DB_PASS=%s\"\n", g.password()},
		{"ansible", "h ansible_user=a ansible_ssh_pass=\"%s\" ansible_port=22\n", g.password()},
		{"ansible", "    ansible_password: '%s'\n", g.password()},
		{"ansible", "h ansible_sudo_pass=%s\n", g.password()},
		{"ansible", "ansible_winrm_password: %s\n", g.password()},
		{"gradle", "storePassword = \"%s\"\n", g.password()},
		{"gradle", "keyPassword(\"%s\")\n", g.password()},
		{"gradle", "storePassword('%s')\n", g.password()},
		{"gradle", "password \"%s\"\n", g.password()},
		{"netrc", "machine h\n\tlogin bob\n\taccount a\n\tpassword \"%s\"\n", g.of(base62, 16)},
		{"netrc", "default login anonymous password %s\n", g.password()},
		{"netrc", "machine h password %s login bob\n", g.password()},
		{"pgpass", "*:*:*:*:%s\n", g.of(base62, 16)},
		{"pgpass", "10.0.0.1:5433:app:bob:%s\n", g.of(base62, 16)},
		{"pgpass", "# c\nh:5432:*:bob:%s\nh2:5432:a:b:c\n", g.of(base62, 16)},
		{"docker auth", "{\n  \"auths\" : {\n    \"r\" : {\n      \"auth\" : \"%s\"\n", encoded("robot:" + g.password())},
		{"docker registry token", "\"registrytoken\": \"%s\"\n", g.key()},
		{"docker auth yaml", "auths:\n  r.example:\n    auth: %s\n", encoded("robot:" + g.password())},
		{"htpasswd", "bob:$2b$12$%s\n", g.of(base62, 53)},
		{"htpasswd", "bob:$5$%s\n", g.of(base62, 16) + "$" + g.of(base62, 43)},
		{"htpasswd", "bob:{SSHA}%s\n", g.base64(24)},
		{"shadow", "bob:!$6$%s:18000:0:99999:7:::\n", g.of(base62, 16) + "$" + g.of(base62, 86)},
		{"shadow", "bob:$6$rounds=5000$%s:18000:0:99999:7:::\n", g.of(base62, 16) + "$" + g.of(base62, 86)},
		{"shadow", "bob:$1$%s:18000:0:99999:7:::\n", g.of(base62, 8) + "$" + g.of(base62, 22)},
		{"chpasswd -e", "echo 'bob:$6$%s' | chpasswd -e\n", g.of(base62, 16) + "$" + g.of(base62, 86)},
		{"user-data", "users:\n- name: a\n  passwd: $6$%s\n", g.of(base62, 16) + "$" + g.of(base62, 86)},
		{"kickstart", "rootpw --iscrypted $6$%s\n", g.of(base62, 16) + "$" + g.of(base62, 86)},
		{"kickstart", "rootpw --plaintext %s\n", g.password()},
		{"pem base64 quoted", "key: \"%s\"\n", encoded(g.pem("OPENSSH PRIVATE KEY"))},
		{"pem base64 ec", "tls.key: %s\n", encoded(g.pem("PRIVATE KEY"))},
		{"pem base64 env", "KEY_B64=%s\n", encoded(g.pem("EC PRIVATE KEY"))},
		{"pem base64 crlf", "key: %s\n", encoded("\r\n" + g.pem("RSA PRIVATE KEY"))},
		{"pem json", "{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n%s\\n-----END PRIVATE KEY-----\\n\"}\n", g.of(base62, 64) + "\\n" + g.of(base62, 64)},
		{"pem env", "A=\"-----BEGIN RSA PRIVATE KEY-----\\n%s\\n-----END RSA PRIVATE KEY-----\"\n", g.of(base62, 64)},
		{"pem indented", "key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  %s\n  -----END RSA PRIVATE KEY-----\n", g.of(base62, 64)},
		{"pem concat", "k = \"-----BEGIN RSA PRIVATE KEY-----\\n\" +\n  \"%s\\n\" +\n  \"-----END RSA PRIVATE KEY-----\\n\"\n", g.of(base62, 64)},
		{"client-key-data", "    client-key-data: \"%s\"\n", encoded(g.pem("EC PRIVATE KEY"))},
		{"client-key-data", "    \"client-key-data\": \"%s\",\n", encoded(g.pem("RSA PRIVATE KEY"))},
		{"client-key-data", "    client-key-data: >-\n      %s\n", encoded(g.pem("RSA PRIVATE KEY"))},
		{"wireguard", "privateKey = \"%s\";\n", g.base64(32)},
		{"wireguard", "private_key: %s\n", g.base64(32)},
		{"wireguard", "PrivateKey=%s\n", g.base64(32)},
		{"wireguard", "preshared_key = \"%s\"\n", g.base64(32)},
		{"wireguard", "  privatekey: '%s'\n", g.base64(32)},
		{"jwk", "{\"d\": \"%s\", \"kty\": \"EC\", \"crv\": \"P-256\"}\n", g.base64url(32)},
		{"jwk", "{\n  \"kty\" : \"OKP\",\n  \"crv\" : \"Ed25519\",\n  \"d\" : \"%s\"\n}\n", g.base64url(32)},
		{"jwk", "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"a\",\"d\":\"b\",\"p\":\"%s\"}\n", g.base64url(128)},
		{"jwk", "keys:\n  - kty: EC\n    crv: P-256\n    d: %s\n", g.base64url(32)},
		{"jwk", "key:\n  k: '%s'\n  kty: oct\n", g.base64url(32)},
		{"jwk", "kty: EC\ncrv: P-256\nd: %s\n", g.base64url(32)},
		{"alternative", "def password = params.pw ?: '%s'\n", g.password()},
		{"alternative", "String password = props[\"db\"] ?: \"%s\"\n", g.password()},
		{"alternative", "password = os.environ.get('P') or '%s'\n", g.password()},
		{"alternative", "password = ENV['P'] || '%s'\n", g.password()},
		{"discord", "bot_token: \"%s\"\n", g.discord()},
		{"discord", "Authorization: Bot %s\n", g.discord()},
		{"discord", "bot.run(\"%s\")\n", g.discord()},
		{"mysqladmin", "mysqladmin --user=root --password=%s ping\n", g.password()},
		{"mongo", "mongosh -u admin -p %s --authenticationDatabase a\n", g.password()},
		{"mongo", "mongo admin -u bob -p '%s'\n", g.password()},
		{"curl", "curl -ubob:%s https://a\n", g.of(base62, 16)},
		{"curl", "curl -sSLu \"bob:%s\" https://a\n", g.of(base62, 16)},
		{"wget", "wget --http-user=a --http-password=%s https://a\n", g.password()},
		{"svn", "svn co --username a --password %s https://a\n", g.password()},
		{"az", "az login --service-principal -u a -p %s --tenant b\n", g.password()},
		{"oc", "oc login -u bob -p %s https://a\n", g.password()},
		{"docker", "docker login --username bob --password %s r\n", g.password()},
		{"podman", "podman login -u=bob -p=%s r\n", g.password()},
		{"helm", "helm repo add a https://a --username b --password %s\n", g.password()},
		{"rabbitmq", "rabbitmqctl add_user bob %s\n", g.password()},
		{"influx", "influx -username a -password '%s'\n", g.password()},
		{"sshpass", "sshpass -p%s ssh a@b\n", g.of(base62, 12)},
		{"redis", "redis-cli --pass %s ping\n", g.password()},
		{"7z", "7z x -p%s a.7z\n", g.of(base62, 12)},
		{"zip", "unzip -P %s a.zip\n", g.password()},
		{"gpg", "gpg --batch --passphrase %s -d a\n", g.password()},
		{"openssl", "openssl enc -aes-256-cbc -k %s -in a\n", g.password()},
		{"psql", "psql 'host=a user=b password=%s dbname=c'\n", g.of(base62, 12)},
		{"sqlplus", "sqlplus bob/%s@db\n", g.of(base62, 12)},
		{"exec", "[\"mysql\", \"-u\", \"root\", \"-p%s\"]\n", g.of(base62, 12)},
		{"make", "export TOKEN := %s\n", g.key()},
		{"make", "override API_TOKEN ::= %s\n", g.key()},
		{"make", "TOKEN:=%s\n", g.key()},
		{"go", "\ttoken := \"%s\"\n", g.key()},
		{"app key", "appKey: '%s',\n", g.of(hexes, 32)},
		{"app key", "app.key=%s\n", g.of(hexes, 32)},
		{"app key", "\"appkey\": \"%s\"\n", g.of(hexes, 32)},
		{"app key", "APP-KEY: %s\n", g.of(hexes, 32)},
		{"app key", "application_key = \"%s\"\n", g.of(hexes, 40)},
		// Keys.
		{"pem", "%s", g.pem("RSA PRIVATE KEY")[40:90]},
		{"jwk", "{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"a\", \"d\": \"%s\"}\n", g.base64url(32)},
		{"jwk", "{\"kty\":\"oct\",\"k\":\"%s\"}\n", g.base64url(32)},
		{"ethereum key", "PRIVATE_KEY=0x%s\n", g.of(hexes, 64)},
		{"mnemonic", "MNEMONIC=\"%s\"\n", "abandon ripple canyon object velvet marble orbit kitten lumber saddle tunnel wisdom"},
		{"totp", "otpauth://totp/A:bob?secret=%s&issuer=A\n", g.of(uppers+"234567", 32)},
		// Commands.
		{"mysql -p", "mysql -u root -p%s app\n", g.password()},
		{"mysqldump -p", "mysqldump -h db -u root -p'%s' app > a.sql\n", g.password()},
		{"curl -u", "curl -s -u bob:%s https://a.example\n", g.password()},
		{"curl -u", "curl \\\n  --user 'bob:%s' \\\n  https://a.example\n", g.password()},
		{"curl header", "curl -H 'Authorization: Bearer %s' https://a\n", g.key()},
		{"curl header", "curl -H 'X-Api-Key: %s' https://a\n", g.key()},
		{"sshpass -p", "sshpass -p '%s' ssh a@b\n", g.password()},
		{"docker login -p", "docker login -u bob -p %s r.example\n", g.password()},
		{"redis-cli -a", "redis-cli -h a -a %s ping\n", g.password()},
		{"ldapsearch -w", "ldapsearch -x -D cn=a -w %s\n", g.password()},
		{"sqlcmd -P", "sqlcmd -S a -U sa -P '%s' -Q b\n", g.password()},
		{"keytool", "keytool -genkey -storepass %s -alias a\n", g.password()},
		{"htpasswd -b", "htpasswd -b /etc/a bob %s\n", g.password()},
		{"smbclient", "smbclient -U bob%%%s //a/b\n", g.password()},
		{"PGPASSWORD", "PGPASSWORD=%s psql -h a\n", g.password()},
		{"chpasswd", "echo 'bob:%s' | chpasswd\n", g.password()},
		{"net user", "net user bob %s /add\n", g.password()},
		{"powershell", "$p = ConvertTo-SecureString \"%s\" -AsPlainText -Force\n", g.password()},
		{"openssl", "openssl rsa -in a -passin pass:%s\n", g.password()},
		{"sql", "CREATE USER bob WITH PASSWORD '%s';\n", g.password()},
		{"sql", "ALTER USER 'a'@'b' IDENTIFIED BY '%s';\n", g.password()},
		{"make variable", "TOKEN := %s\nall:\n", g.key()},
		{"make variable", "DEPLOY_TOKEN ?= %s\n", g.key()},
		// Programs.
		{"nodemailer", "auth: { user: 'bob', pass: '%s' },\n", g.password()},
		{"perl", "my %%c = (user => 'a', pass => '%s');\n", g.password()},
		{"camel case", "const smtpPass = \"%s\";\n", g.password()},
		{"basic header", "headers = {\"Authorization\": \"Basic %s\"}\n", encoded("bob:" + g.password())},
		{"python bytes", "SECRET_KEY = b'%s'\n", g.key()},
		{"jdbc", "jdbc:mysql://h/d?user=a&password=%s\n", g.password()},
		{"redis url", "redis://:%s@h:6379/0\n", g.of(base62, 20)},
		{"mongodb url", "mongodb+srv://bob:%s@c.example/db\n", g.of(base62, 16)},
		{"cloudinary url", "cloudinary://123456789012345:%s@a\n", g.of(base62, 27)},
		// Providers by the name of a setting.
		{"aws secret key", "aws_secret_access_key = %s\n", g.of(std64, 40)},
		{"aws session token", "aws_session_token = %s\n", g.base64(120)},
		{"azure client secret", "AZURE_CLIENT_SECRET=%s\n", g.of(base62, 3) + "8Q~" + g.of(base62, 34)},
		{"azure storage", "AccountName=a;AccountKey=%s;EndpointSuffix=b\n", g.base64(64)},
		{"azure subscription key", "Ocp-Apim-Subscription-Key: %s\n", g.of(hexes, 32)},
		{"azure devops", "AZURE_DEVOPS_PAT=%s\n", g.of(lowAlnumSet, 52)},
		{"datadog", "DD_API_KEY=%s\n", g.of(hexes, 32)},
		{"datadog", "datadog_app_key: %s\n", g.of(hexes, 40)},
		{"cloudflare", "CLOUDFLARE_API_TOKEN=%s\n", g.of(safe64, 38) + g.of(base62, 2)},
		{"heroku", "HEROKU_API_KEY=%s\n", g.uuid()},
		{"twilio auth token", "TWILIO_AUTH_TOKEN=%s\n", g.of(hexes, 32)},
		{"algolia", "ALGOLIA_ADMIN_API_KEY=%s\n", g.of(hexes, 32)},
		{"snyk", "SNYK_TOKEN=%s\n", g.uuid()},
		{"vault", "VAULT_TOKEN=s.%s\n", g.of(base62, 24)},
		{"mistral", "MISTRAL_API_KEY=%s\n", g.of(base62, 32)},
		{"okta", "OKTA_API_TOKEN=00%s\n", g.of(safe64, 39) + g.of(base62, 1)},
		{"discord", "DISCORD_TOKEN=%s\n", g.discord()},
		{"discord", "client.login('%s')\n", g.discord()},
		// Providers by their formats.
		{"discord webhook", "https://discord.com/api/webhooks/%s\n", g.of(digits, 18) + "/" + g.of(safe64, 67) + g.of(base62, 1)},
		{"slack webhook", "https://hooks.slack.com/services/%s\n", "T" + g.of(uppersDigits, 9) + "/B" + g.of(uppersDigits, 9) + "/" + g.of(base62, 24)},
		{"teams webhook", "https://a.webhook.office.com/%s\n", "webhookb2/" + g.uuid() + "@" + g.uuid() + "/IncomingWebhook/" + g.of(hexes, 32) + "/" + g.uuid()},
		{"zapier webhook", "https://hooks.zapier.com/hooks/catch/%s\n", g.of(digits, 7) + "/" + g.of(lowAlnumSet, 7)},
		{"lark webhook", "https://open.feishu.cn/open-apis/bot/v2/hook/%s\n", g.uuid()},
		{"signed url", "https://b.s3.amazonaws.com/k?X-Amz-Expires=1&X-Amz-Signature=%s\n", g.of(hexes, 64)},
		{"firebase messaging", "key: \"%s\"\n", "AAAA" + g.of(safe64, 7) + ":APA91b" + g.of(safe64, 133) + g.of(base62, 1)},
		{"google refresh token", "x = \"%s\"\n", "1//0" + g.of(safe64, 60) + g.of(base62, 1)},
		{"hubspot", "x: %s\n", "pat-na1-" + g.uuid()},
		{"brevo", "x: %s\n", "xkeysib-" + g.of(hexes, 64) + "-" + g.of(base62, 16)},
		{"figma", "x: %s\n", "figd_" + g.of(safe64, 39) + g.of(base62, 1)},
		{"sonar", "x: %s\n", "sqp_" + g.of(hexes, 40)},
		{"netlify", "x: %s\n", "nfp_" + g.of(base62, 36)},
		{"tailscale", "x: %s\n", "tskey-auth-" + g.of(base62, 12) + "-" + g.of(base62, 32)},
		{"buildkite", "x: %s\n", "bkua_" + g.of(hexes, 40)},
		{"circleci", "x: %s\n", "CCIPAT_" + g.of(base62, 22) + "_" + g.of(hexes, 40)},
		{"contentful", "x: %s\n", "CFPAT-" + g.of(safe64, 42) + g.of(base62, 1)},
		{"jfrog", "x: %s\n", "AKCp" + g.of(base62, 69)},
		{"mapbox", "x: %s\n", "sk.eyJ" + g.of(base62, 80) + "." + g.of(base62, 22)},
		{"alibaba", "x: %s\n", "LTAI" + g.of(base62, 20)},
		{"shippo", "x: %s\n", "shippo_live_" + g.of(hexes, 40)},
		{"typeform", "x: %s\n", "tfp_" + g.of(base62, 44) + "_" + g.of(base62, 14)},
		{"launchdarkly", "x: %s\n", "sdk-" + g.uuid()},
		{"plaid", "x: %s\n", "access-production-" + g.uuid()},
		{"openshift", "x: %s\n", "sha256~" + g.of(safe64, 42) + g.of(base62, 1)},
		{"supabase", "x: %s\n", "sb_secret_" + g.of(safe64, 30) + g.of(base62, 1)},
		{"braintree", "x: %s\n", "access_token$production$" + g.of(lowAlnumSet, 16) + "$" + g.of(hexes, 32)},
		{"nvidia", "x: %s\n", "nvapi-" + g.of(safe64, 63) + g.of(base62, 1)},
		{"resend", "x: %s\n", "re_" + g.of(base62, 8) + "_" + g.of(base62, 24)},
		{"octopus", "x: %s\n", "API-" + g.of(uppersDigits, 26)},
		{"1password", "x: %s\n", "ops_eyJ" + g.of(base62, 300)},
		{"trello", "x: %s\n", "ATTA" + g.of(hexes, 72)},
		{"easypost", "x: %s\n", "EZAK" + g.of(base62, 54)},
		{"readme", "x: %s\n", "rdme_" + g.of(lowAlnumSet, 70)},
		{"prefect", "x: %s\n", "pnu_" + g.of(base62, 36)},
		{"langsmith", "x: %s\n", "lsv2_pt_" + g.of(hexes, 32) + "_" + g.of(hexes, 10)},
		{"pinecone", "x: %s\n", "pcsk_" + g.of(base62, 6) + "_" + g.of(base62, 63)},
	}
}

func (g generator) discord() string {
	return "MT" + g.of(base62, 24) + "." + g.of(base62, 6) + "." + g.of(safe64, 37) + g.of(base62, 1)
}

// TestPlantedSecretsAreMasked plants each secret in its file, with another line after it. Most kinds must be masked in
// every draw.
func TestPlantedSecretsAreMasked(t *testing.T) {
	const draws = 20
	missed, kinds, planted := map[string]int{}, map[string]bool{}, 0
	for seed := range uint64(draws) {
		g := newGenerator(100 + seed)
		for kind, token := range g.tokens() {
			kinds[kind] = true
			planted++
			if m := masked([]byte("value: " + token + "\nnext: 1\n")); bytes.Contains(m.Text, []byte(token)) {
				missed[kind]++
			}
		}
		for _, p := range g.files() {
			kinds[p.kind] = true
			planted++
			text := []byte(fmt.Sprintf(p.file, p.secret))
			if p.kind == "pem" {
				key := g.pem("PRIVATE KEY")
				text, p.secret = []byte(key), key[40:80]
			}
			m := masked(text)
			check(t, text, m)
			if bytes.Contains(m.Text, []byte(p.secret)) {
				if missed[p.kind]++; missed[p.kind] == 1 {
					t.Logf("missed %s: %.150q", p.kind, text)
				}
			}
		}
	}
	bad, total := 0, 0
	for _, kind := range slices.Sorted(maps.Keys(missed)) {
		t.Logf("  missed %3d of %s", missed[kind], kind)
		if total += missed[kind]; missed[kind] > draws/10 {
			bad++
		}
	}
	t.Logf("%d kinds, %d of them missed; %d of %d secrets missed", len(kinds), bad, total, planted)
	if len(kinds) < 200 {
		t.Errorf("%d kinds are planted", len(kinds))
	}
	if 100*bad > 8*len(kinds) || 100*total > 4*planted {
		t.Errorf("%d of %d kinds were missed, and %d of %d secrets", bad, len(kinds), total, planted)
	}
}

// TestNamesThatLookLikeCredentials has texts that the rules for files and commands must leave alone.
func TestNamesThatLookLikeCredentials(t *testing.T) {
	for _, text := range []string{
		"bypass = compute1(value2)\n", "    pass\n", "pass: int = 5\n", "compass: north12east\n", "passes=12345678\n", "test_pass = run_test_1(x)\n",
		"the password is read from the file\n", "password \"must be given\"\n", "token 'identifier' expected\n", "machine learning login page password reset\n",
		"f.write(\"machine example.com login aaaa password bbbb\\n\")\n", "f.write('machine a login user password pass\\ndefault\\n')\n",
		"mysql -u root -p app < dump.sql\n", "mysql -u root -p$MYSQL_PASSWORD app\n", "curl -u \"$USER:$PASS\" https://a\n", "docker login -u bob --password-stdin\n",
		"docker run -p 8080:80 nginx\n", "mkdir -p build/release1\n", "ssh -p 2222 host\n", "ENV PASSWORD_FILE /run/secrets/a1b2c3d4\n",
		"data:\n  ca.crt: " + encoded("-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n") + "\n",
		"{\"kty\": \"RSA\", \"n\": \"" + strings.Repeat("aB3_", 30) + "\", \"e\": \"AQAB\"}\n", "{\"d\": \"M10 10 L20 20 C30 30 40 40\"}\n",
		"- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: a\n", "- name: LOG_LEVEL\n  value: verbose12345678\n",
		"variable \"db_password\" {\n  type = string\n}\n", "TOKEN := $(shell cat token)\n", "KEY ?= value\n", "otpauth://totp/x?secret=YOURSECRETHERE1234\n",
		"Basic authentication of users\n", "Basic VGhpcyBpcyBubyBwYWly\n", "user:$1$x\n", "a ratio of 3:5432:1 and more:than:this\n",
		"api-reference-of-the-deployment-service1\n", "sdk-version-12\n", "pass: ${DB_PASS}\n", "pass=<your password>\n", "psk: none\n",
		"storePassword System.getenv('STORE_PASSWORD')\n", "the seed phrase of twelve words\n", "mnemonic = \"push\"\n",
	} {
		if m := masked([]byte(text)); len(m.Findings) > 0 {
			t.Errorf("%q: %s", text, m.Text)
		}
	}
}
