{{- define "leat.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "leat.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .worker }}
{{- end }}

{{- define "leat.labels" -}}
{{ include "leat.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "leat.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "leat.name" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "leat.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{/* What every container of leat may do: nothing beyond its own user. */}}
{{- define "leat.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "leat.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* The configuration file: the values' own, and the files of certificates that tls names. */}}
{{- define "leat.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- range $store, $tls := .Values.tls -}}
{{- if and $tls.secret (ne $store "postgres") -}}
{{- $_ := set $config (printf "%s-tls-ca" $store) (printf "/etc/leat/tls/%s/ca.crt" $store) -}}
{{- if $tls.client -}}
{{- $_ := set $config (printf "%s-tls-certificate" $store) (printf "/etc/leat/tls/%s/tls.crt" $store) -}}
{{- $_ := set $config (printf "%s-tls-key" $store) (printf "/etc/leat/tls/%s/tls.key" $store) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ toYaml $config }}
{{- end }}

{{- define "leat.tlsVolumes" -}}
{{- range $store, $tls := .Values.tls }}
{{- if $tls.secret }}
- name: tls-{{ $store }}
  secret: {secretName: {{ $tls.secret }}, defaultMode: 0440}
{{- end }}
{{- end }}
{{- end }}

{{- define "leat.mounts" -}}
- {name: config, mountPath: /etc/leat/leat.yaml, subPath: leat.yaml, readOnly: true}
- {name: secret, mountPath: /etc/leat/secret, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- range $store, $tls := .Values.tls }}
{{- if $tls.secret }}
- {name: tls-{{ $store }}, mountPath: /etc/leat/tls/{{ $store }}, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "leat.volumes" -}}
- name: config
  configMap: {name: {{ include "leat.name" . }}}
- name: secret
  secret: {secretName: {{ .Values.existingSecret }}, defaultMode: 0440}
- name: tmp
  emptyDir: {sizeLimit: 4Gi}
{{- include "leat.tlsVolumes" . }}
{{- end }}
