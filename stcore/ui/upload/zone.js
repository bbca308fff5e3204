// Sends one file to the server as a stream: nothing of it is held in memory here or there.
const size = (bytes) =>
  bytes >= 1e9 ? `${(bytes / 1e9).toPrecision(3)} GB` : bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} kB`

const lasting = (seconds) =>
  seconds < 60 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const find = (selector) => parentElement.querySelector(selector)
  const zone = find(".zone"), input = find("input"), browse = find(".browse"), sending = find(".sending"), problem = find(".problem")
  zone.state ??= { request: null }
  find(".title").textContent = data.title
  find(".note").textContent = data.note
  input.accept = data.types

  const show = (busy) => {
    for (const part of [find(".title"), find(".note"), browse]) part.hidden = busy
    sending.hidden = !busy
    zone.dataset.state = busy ? "sending" : "idle"
  }
  const refuse = (message, hint) => {
    show(false)
    problem.textContent = [message, hint].filter(Boolean).join(" ")
    problem.hidden = false
  }
  const send = (file) => {
    if (!file || zone.state.request) return
    problem.hidden = true
    if (file.size > data.most) return refuse(`${file.name} has ${size(file.size)}; at most ${size(data.most)} are taken.`, data.larger)
    const request = new XMLHttpRequest(), begun = performance.now()
    zone.state.request = request
    find(".name").textContent = file.name
    find(".far").textContent = `0 of ${size(file.size)}`
    find(".track i").style.width = "0"
    show(true)
    request.upload.onprogress = (event) => {
      const share = event.loaded / event.total, gone = (performance.now() - begun) / 1000
      find(".track i").style.width = `${100 * share}%`
      const left = gone > 1 && share < 1 ? `, about ${lasting((gone * (1 - share)) / share)} left` : ""
      find(".far").textContent = share < 1 ? `${size(event.loaded)} of ${size(event.total)}${left}` : "Received. Reading begins."
    }
    request.onloadend = () => {
      zone.state.request = null
      input.value = ""
      let answer = {}
      try { answer = JSON.parse(request.responseText || "{}") } catch { answer = {} }
      if (request.status === 200 && answer.token) return setTriggerValue("uploaded", answer.token)
      if (request.status) return refuse(answer.message ?? "The file could not be handed in.", answer.hint ?? "Reload the page and try again.")
      if (zone.state.stopped) { zone.state.stopped = false; return show(false) }
      refuse("The connection to the server broke.", "Check that it still runs, then drop the file again.")
    }
    request.open("PUT", data.address)
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name))
    request.setRequestHeader("Content-Type", "application/octet-stream")
    request.send(file)
  }

  browse.onclick = () => input.click()
  input.onchange = () => send(input.files[0])
  find(".stop").onclick = () => { zone.state.stopped = true; zone.state.request?.abort() }
  zone.ondragover = (event) => { event.preventDefault(); if (!zone.state.request) zone.dataset.state = "over" }
  zone.ondragleave = () => { if (!zone.state.request) zone.dataset.state = "idle" }
  zone.ondrop = (event) => { event.preventDefault(); if (!zone.state.request) { zone.dataset.state = "idle"; send(event.dataTransfer.files[0]) } }
}
