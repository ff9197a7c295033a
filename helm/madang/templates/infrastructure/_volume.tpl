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
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: {{ .persistence.size }} } }
  {{- with .persistence.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}
