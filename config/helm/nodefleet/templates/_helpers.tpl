{{- /* What the pods are found by: the same as config/manager, and fixed, as a Deployment's selector cannot change. */ -}}
{{- define "nodefleet.selector" -}}
app.kubernetes.io/name: nodefleet
app.kubernetes.io/component: operator
{{- end }}

{{- define "nodefleet.labels" -}}
{{ include "nodefleet.selector" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "nodefleet.subject" -}}
subjects:
  - kind: ServiceAccount
    name: nodefleet-operator
    namespace: {{ .Release.Namespace }}
{{- end }}
