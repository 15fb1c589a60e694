package config

// Client says where the command leat finds the leat that it works on.
type Client struct {
	Data   string `env:"LEAT_DATA" type:"path" placeholder:"DIR" help:"Data directory of the embedded stores. Default: $XDG_DATA_HOME/leat or ~/.local/share/leat."`
	Server string `env:"LEAT_SERVER" placeholder:"URL" help:"Ask the gateway at this address, https://HOST, instead of the stores. Its token comes from LEAT_TOKEN or 'leat login'. Default: the stores if they are named, else the gateway of 'leat login'."`
}
