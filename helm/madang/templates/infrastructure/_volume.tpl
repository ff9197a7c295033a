{{- define "madang.infrastructureVolume" -}}
{{- if .persistence.enabled -}}
persistentVolumeClaim: { claimName: {{ .name }} }
{{- else -}}
emptyDir: {}
{{- end -}}
{{- end -}}

{{- define "madang.infrastructureClaim" -}}
{{- if .persistence.enabled }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ .name }}
  labels:
    {{- include "madang.labels" .root | nindent 4 }}
  annotations:
    {{- include "madang.kept" . | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: {{ .persistence.size }} } }
  {{- with .persistence.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/*
A store or broker of this release is for its services alone: by address where policies are enforced, and by identity in
the mesh, where Istio's proxies demand the certificate of one of these accounts.
*/}}
{{- define "madang.infrastructureAccess" }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  labels:
    {{- include "madang.labels" .root | nindent 4 }}
automountServiceAccountToken: false
{{- if .root.Values.networkPolicies.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  labels:
    {{- include "madang.labels" .root | nindent 4 }}
spec:
  podSelector:
    matchLabels: { app: {{ .name }} }
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector:
            {{- include "madang.servicePods" .root | nindent 12 }}
      ports: [{ port: {{ .port }} }]
    {{- if and .root.Values.istio.enabled .root.Values.networkPolicies.monitoringNamespaces }}
    # The proxy's own figures, where Istio tells Prometheus to look for them.
    - from:
        {{- range .root.Values.networkPolicies.monitoringNamespaces }}
        - namespaceSelector:
            matchLabels: { kubernetes.io/metadata.name: {{ . }} }
        {{- end }}
      ports: [{ port: 15020 }]
    {{- end }}
{{- end }}
{{- if .root.Values.istio.enabled }}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: {{ .name }}
  labels:
    {{- include "madang.labels" .root | nindent 4 }}
spec:
  selector:
    matchLabels: { app: {{ .name }} }
  action: ALLOW
  rules:
    - from:
        - source:
            principals:
              {{- range include "madang.services" .root | fromJsonArray }}
              - "*/ns/{{ $.root.Release.Namespace }}/sa/{{ .appId }}"
              {{- end }}
              # A broker comes to itself by its own name.
              - "*/ns/{{ .root.Release.Namespace }}/sa/{{ .name }}"
      to:
        - operation: { ports: [{{ .port | quote }}] }
{{- end }}
{{- end -}}
